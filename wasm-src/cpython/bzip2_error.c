// libbz2 built without stdio asks its user for this. It marks a bug in the library,
// never bad input.
void bz_internal_error(int code) {
    (void)code;
    __builtin_trap();
}
