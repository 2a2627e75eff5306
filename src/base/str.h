/* str.h — building text in an array, of fixed size or growing (str_heap.h): always
 * terminated, cut and marked when it does not fit, never overrun. Thread: owner. */
#ifndef ATLAX_BASE_STR_H
#define ATLAX_BASE_STR_H

#include "base/slice.h"

struct str {
	char *p;
	size_t cap, len; /* len < cap; p[len] == 0 */
	bool cut;	 /* something did not fit */
	/* Makes room for n bytes more, if it can; NULL: the size is fixed. */
	void (*grow)(struct str *s, size_t n);
};

void str_init(struct str *s, char *mem, size_t cap); /* cap > 0 */
void str_add(struct str *s, const char *text);
void str_add_n(struct str *s, const char *text, size_t n);
void str_char(struct str *s, char c);
void str_fmt(struct str *s, const char *fmt, ...) AX_PRINTF(2, 3); /* fixed size only */
void str_u64(struct str *s, uint64_t n); /* decimal, all of it or nothing */
/* Makes s longer by n bytes, all of which the caller writes to where this points; or
 * cuts it: NULL.                                                             */
AX_CHECKED char *str_claim(struct str *s, size_t n);
/* Bytes from outside, made harmless for a terminal and a log: control
 * characters, 0x7f, invalid UTF-8, U+2028/2029 and bidirectional overrides
 * become \xNN or \uNNNN, a backslash becomes \\; at most max bytes of input
 * are shown, then "...".                                                     */
void str_untrusted(struct str *s, struct slice in, size_t max);
/* The same for the inside of a text in JSON: \uNNNN, or \u00NN for a byte that is no
 * UTF-8, and a backslash before a backslash or quotation mark.               */
void str_json(struct str *s, struct slice in, size_t max);
/* Decodes the UTF-8 character at the front of in: returns its length, or 0 when
 * there is none (cut off, overlong, a surrogate, past U+10FFFF).             */
size_t str_rune(struct slice in, uint32_t *rune);
/* How many bytes at the front are ASCII that means nothing to anybody: no control
 * character, no quotation mark, no backslash.                                */
size_t str_plain(struct slice in);
/* True if a character may be shown as it is: no control character, no line or
 * paragraph separator, nothing that turns the direction of writing.          */
bool str_rune_is_plain(uint32_t rune);
/* Lower-case hexadecimal. */
void str_hex(struct str *s, struct slice in);

/* Copies a C string into an array of cap bytes, always terminated. Returns
 * false when it had to be cut.                                               */
bool str_copy(char *out, size_t cap, const char *in);

#endif
