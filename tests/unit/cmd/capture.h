/* capture.h — what a function under test writes to standard output and error.
 * Thread: the only one.                                                      */
#ifndef ATLAX_TESTS_UNIT_CMD_CAPTURE_H
#define ATLAX_TESTS_UNIT_CMD_CAPTURE_H

#include <check.h>
#include <stdio.h>
#include <unistd.h>

struct capture {
	FILE *to;
	int saved[2]; /* 1 and 2 */
	char text[65536];
};

static inline void
capture_begin(struct capture *c)
{
	fflush(NULL);
	c->to = tmpfile();
	ck_assert_ptr_nonnull(c->to);
	for (int i = 0; i < 2; i++) {
		c->saved[i] = dup(i + 1);
		ck_assert_int_ge(dup2(fileno(c->to), i + 1), 0);
	}
}

static inline const char *
capture_end(struct capture *c)
{
	size_t n;

	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_ge(dup2(c->saved[i], i + 1), 0);
		close(c->saved[i]);
	}
	rewind(c->to);
	n = fread(c->text, 1, sizeof(c->text) - 1, c->to);
	c->text[n] = '\0';
	fclose(c->to);
	return c->text;
}

#endif
