// The port's part of upstream's time module; that module includes this file.
#include "py/obj.h"
#include "shared/timeutils/timeutils.h"
#include "exchange.h"

static mp_obj_t mp_time_localtime_get(void) {
    timeutils_struct_time_t tm;
    timeutils_seconds_since_epoch_to_struct_time((mp_timestamp_t)(sandbox_clock_ns(false) / 1000000000), &tm);
    mp_obj_t t[8] = {
        MP_OBJ_NEW_SMALL_INT(tm.tm_year), MP_OBJ_NEW_SMALL_INT(tm.tm_mon),
        MP_OBJ_NEW_SMALL_INT(tm.tm_mday), MP_OBJ_NEW_SMALL_INT(tm.tm_hour),
        MP_OBJ_NEW_SMALL_INT(tm.tm_min), MP_OBJ_NEW_SMALL_INT(tm.tm_sec),
        MP_OBJ_NEW_SMALL_INT(tm.tm_wday), MP_OBJ_NEW_SMALL_INT(tm.tm_yday),
    };
    return mp_obj_new_tuple(8, t);
}

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_float((mp_float_t)sandbox_clock_ns(false) / 1e9);
}

static mp_obj_t mp_time_monotonic_ns(void) { return mp_obj_new_int_from_ull(sandbox_clock_ns(true)); }
static MP_DEFINE_CONST_FUN_OBJ_0(mp_time_monotonic_ns_obj, mp_time_monotonic_ns);

#define MICROPY_PY_TIME_EXTRA_GLOBALS { MP_ROM_QSTR(MP_QSTR_monotonic_ns), MP_ROM_PTR(&mp_time_monotonic_ns_obj) },
