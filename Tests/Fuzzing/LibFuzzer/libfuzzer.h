/* libFuzzer as a library (https://llvm.org/docs/LibFuzzer.html); it comes with the compiler, without a header. */
#ifndef PARALLAX_LIBFUZZER_H
#define PARALLAX_LIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

/* Runs the target with inputs as the arguments say. */
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*target)(const uint8_t *bytes, size_t count));

#endif
