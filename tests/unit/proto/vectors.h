/* vectors.h — reads the frames of tests/vectors; see the README there.
 * Thread: the only one.                                                      */
#ifndef ATLAX_TESTS_UNIT_PROTO_VECTORS_H
#define ATLAX_TESTS_UNIT_PROTO_VECTORS_H

#include <string.h>

#include "base/slice.h"

#include "../check_main.h"

#define VECTOR_MAX 2048

struct vector {
	char verdict[32], name[64];
	char hex[2 * VECTOR_MAX + 1]; /* without blanks */
	uint8_t bytes[VECTOR_MAX];
	size_t len;
};

static inline FILE *
vectors_open(const char *dir, const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", top == NULL ? "." : top, dir,
	    name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "cannot open %s", path);
	return f;
}

static inline int
vectors_digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* The next vector of f; false at the end. */
static inline bool
vectors_next(FILE *f, struct vector *v)
{
	char line[512];
	size_t n = 0;
	long at;

	*v = (struct vector){ .verdict = "" };
	for (at = ftell(f); fgets(line, sizeof(line), f); at = ftell(f)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (line[0] != '\t') {
			if (v->name[0] != '\0')
				break;
			ck_assert_int_eq(
			    sscanf(line, "%31s %63s", v->verdict, v->name), 2);
			continue;
		}
		for (const char *p = line; *p != '\0'; p++)
			if (strchr("0123456789abcdef", *p) != NULL)
				v->hex[n++] = *p;
		ck_assert_uint_lt(n, sizeof(v->hex) - 128);
	}
	fseek(f, at, SEEK_SET);
	for (v->len = 0; v->len < n / 2; v->len++)
		v->bytes[v->len] = (uint8_t)(
		    vectors_digit(v->hex[2 * v->len]) << 4 |
		    vectors_digit(v->hex[2 * v->len + 1]));
	return v->name[0] != '\0';
}

#endif
