/* scan.h — taking text apart: lines, words, hexadecimal digits. What is taken is
 * borrowed from the text. Thread: any.                                       */
#ifndef ATLAX_BASE_SCAN_H
#define ATLAX_BASE_SCAN_H

#include "base/slice.h"

/* Takes the next line from the front of *text, without its end. False: it has no end;
 * *line is what there was.                                                   */
bool scan_line(struct slice *text, struct slice *line);
/* Takes what is in front of the next blank or control character from *line into out,
 * terminated. False, and nothing is taken: there is nothing, or cap bytes are too few. */
bool scan_word(struct slice *line, char *out, size_t cap);
/* Two digits of either case for each of n bytes, and nothing else. */
bool scan_hex(struct slice text, uint8_t *out, size_t n);

/* What a digit of either case stands for; -1: it is none. */
static inline int
scan_hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
