/* defs.h — the few words of the language that C17 leaves out. */
#ifndef ATLAX_BASE_DEFS_H
#define ATLAX_BASE_DEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A result that must not be dropped on the floor. */
#define AX_CHECKED __attribute__((warn_unused_result))
#define AX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define AX_UNUSED __attribute__((unused))
/* For what many small functions call: once in the text, not in each. */
#define AX_NOINLINE __attribute__((noinline))
#define AX_NORETURN __attribute__((noreturn))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define AX_NS_PER_US UINT64_C(1000)
#define AX_NS_PER_MS UINT64_C(1000000)
#define AX_NS_PER_S UINT64_C(1000000000)
#define AX_NEVER UINT64_MAX /* a deadline that never comes */

#endif
