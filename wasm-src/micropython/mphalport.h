// What MicroPython asks of a port's hardware; the functions are in stdio.c.
#ifndef SANDBOX_MPHALPORT_H
#define SANDBOX_MPHALPORT_H

#include <stddef.h>
#include <stdint.h>

// Ctrl-C does not reach a guest: the host interrupts it (see sandbox_abi.h).
static inline void mp_hal_set_interrupt_char(int c) {
    (void)c;
}

#endif
