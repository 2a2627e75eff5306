/* scan.c — taking text apart. */
#include "base/scan.h"

bool
scan_line(struct slice *text, struct slice *line)
{
	const uint8_t *end = text->n == 0 ? NULL : memchr(text->p, '\n', text->n);

	*line = end == NULL ? *text : slice_of(text->p, (size_t)(end - text->p));
	*text = slice_skip(*text, end == NULL ? text->n : line->n + 1);
	return end != NULL;
}

bool
scan_word(struct slice *line, char *out, size_t cap)
{
	size_t n = 0;

	while (n < line->n && line->p[n] > ' ')
		n++;
	if (n == 0 || n >= cap)
		return false;
	memcpy(out, line->p, n);
	out[n] = '\0';
	*line = slice_skip(*line, n);
	return true;
}

bool
scan_hex(struct slice text, uint8_t *out, size_t n)
{
	if (text.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = scan_hex_digit(text.p[2 * i]);
		int lo = scan_hex_digit(text.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}
