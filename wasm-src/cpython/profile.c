// In place of LLVM's profile runtime, which there is none of for wasm: the host reads
// the counters out of memory (scripts/train_cpython.py).
#include <stdint.h>
#include "exchange.h"

int __llvm_profile_runtime;

extern char __start___llvm_prf_cnts[], __stop___llvm_prf_cnts[];
extern char __start___llvm_prf_data[], __stop___llvm_prf_data[];
extern char __start___llvm_prf_names[], __stop___llvm_prf_names[];

SANDBOX_EXPORT(sandbox_profile) const char *sandbox_profile(int which) {
    const char *const bounds[] = {
        __start___llvm_prf_cnts, __stop___llvm_prf_cnts, __start___llvm_prf_data,
        __stop___llvm_prf_data, __start___llvm_prf_names, __stop___llvm_prf_names,
    };
    return bounds[which];
}
