#pragma once

/// Allocations of this process since it started, by every thread.
///
/// Counted by taking the place of malloc, calloc, realloc and their aligned kin; glibc does the work, as before.
unsigned long allocations_so_far(void);
