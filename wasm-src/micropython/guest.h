// What the files of this port offer each other.
#ifndef SANDBOX_GUEST_H
#define SANDBOX_GUEST_H

#include "py/obj.h"
#include "exchange.h"

// values.c: values across the boundary, as JSON with tags (docs/design.md).
// Encoding raises TypeError for what is not data, unless describe is true, which
// puts a description in its place; both directions raise ValueError beyond
// SANDBOX_VALUE_DEPTH.
void sandbox_encode(vstr_t *out, mp_obj_t value, bool describe);
mp_obj_t sandbox_decode(const char *text, size_t len);

// Store value as the answer of the request.
void sandbox_answer(mp_obj_t value);

// hostcall.c: make builtins of the host functions named in the list.
void sandbox_set_host_functions(mp_obj_t names);
// Free what an interrupted host call has left.
void sandbox_drop_reply(void);

// compiled.c: the function that a source is the body of; frees *block, which holds the source,
// once it can.
mp_obj_t sandbox_compile(const char *source, size_t len, char **block);

// areas.c: memory for areas of the heap. While generous, also from the reserve.
void *sandbox_area_alloc(size_t bytes);
void sandbox_area_free(void *area);
void sandbox_area_generous(bool yes);

#endif
