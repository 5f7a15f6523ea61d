#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/// How often memory was asked for (malloc, calloc, realloc, aligned ones) since the process began, by all threads but
/// those that stand aside. Always 0 where the C library is not glibc.
unsigned long allocations_count(void);

/// From now on, what the calling thread asks for does not count.
void allocations_stand_aside(void);

#endif
