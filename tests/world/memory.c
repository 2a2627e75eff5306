/* memory.c — counts and fails. Thread: main.
 * Invariant: what the C library allocates for itself passes here neither on its way
 * out nor, by free, on its way back; open_memstream is an exception nobody uses. */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "world.h"

void *__real_malloc(size_t n);
void *__real_aligned_alloc(size_t to, size_t n);
void *__wrap_aligned_alloc(size_t to, size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
char *__wrap_strdup(const char *s);

static struct {
	int64_t live;
	uint64_t failed;
	unsigned one_in, held;
	bool program;
} memory;

static bool
fails(void)
{
	if (!memory.program || memory.held > 0 || memory.one_in == 0 ||
	    dice(memory.one_in) != 0)
		return false;
	memory.failed++;
	return true;
}

static void *
count(void *p)
{
	memory.live += p != NULL;
	return p;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : count(__real_malloc(n));
}

void *
__wrap_aligned_alloc(size_t to, size_t n)
{
	return fails() ? NULL : count(__real_aligned_alloc(to, n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : count(__real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t n)
{
	if (fails())
		return NULL;
	return p == NULL ? count(__real_realloc(p, n)) : __real_realloc(p, n);
}

void
__wrap_free(void *p)
{
	memory.live -= p != NULL;
	__real_free(p);
}

char *
__wrap_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = malloc(n);

	return p == NULL ? NULL : memcpy(p, s, n);
}

int64_t
memory_live(void)
{
	return memory.live;
}

void
memory_fail(unsigned one_in)
{
	memory.one_in = one_in;
}

uint64_t
memory_failed(void)
{
	return memory.failed;
}

void
memory_program(bool runs)
{
	memory.program = runs;
}

void
memory_hold(void)
{
	memory.held++;
}

bool
memory_is_held(void)
{
	return memory.held > 0;
}

void
memory_release(void)
{
	memory.held--;
}
