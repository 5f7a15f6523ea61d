// The executable's own malloc stands before glibc's, for every library in the process, and hands on to it.
#include "allocations.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_ulong count;
static _Thread_local int aside;

static inline void note(void) {
    if (!aside) atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

unsigned long allocations_count(void) { return atomic_load(&count); }

void allocations_stand_aside(void) { aside = 1; }

#if defined(__GLIBC__)

#include <errno.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    note();
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    note();
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    note();
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *result = memory;
    return 0;
}

#endif
