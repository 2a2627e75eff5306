/* fuzz_der.c — the DER reader. What it accepts must be canonical: written again
 * from tag and content it is the same bytes. Nothing it returns may lie outside
 * the input, and after an error it must be at its end. Thread: owner.        */
#include "base/assert.h"
#include "fuzz.h"
#include "parse/der.h"

#define DEPTH_MAX 32

/* Tag and minimal length, as X.690 10.1 wants them; returns how many bytes. */
static size_t
head_of(uint8_t tag, size_t len, uint8_t out[5])
{
	size_t n = 0;

	out[n++] = tag;
	if (len >= 0x80) {
		size_t bytes = len > 0xffff ? 3 : len > 0xff ? 2 : 1;

		out[n++] = (uint8_t)(0x80 | bytes);
		while (bytes-- > 0)
			out[n++] = (uint8_t)(len >> (8 * bytes));
	} else
		out[n++] = (uint8_t)len;
	return n;
}

static void
check_inside(const struct der *d, struct slice whole, struct slice content)
{
	uint8_t head[5];
	size_t n = head_of(whole.p[0], content.n, head);

	ax_assert(whole.n == n + content.n);
	ax_assert(memcmp(whole.p, head, n) == 0);
	ax_assert(content.p == whole.p + n && slice_end(content) == d->p);
	ax_assert(d->p <= d->end);
}

static void
check_bad(const struct der *d)
{
	ax_assert(!d->bad || (der_at_end(d) && !der_done(d)));
}

/* Each reader on its own copy: they must agree on where the element ends. */
static void
read_typed(struct der d, const uint8_t *after)
{
	struct der copy[4] = { d, d, d, d };

	(void)der_bool(&copy[0]);
	(void)der_uint(&copy[1], 20);
	(void)der_time(&copy[2]);
	(void)der_bits(&copy[3]);
	for (size_t i = 0; i < ARRAY_LEN(copy); i++) {
		check_bad(&copy[i]);
		ax_assert(copy[i].bad || copy[i].p == after);
	}
}

static void
walk(struct der *d, unsigned depth)
{
	while (!der_at_end(d)) {
		struct der before = *d, child;
		uint8_t tag = *d->p;
		struct slice whole, content;

		whole = der_take_whole(d, tag);
		check_bad(d);
		if (d->bad)
			return;
		child = before;
		content = der_take(&child, tag);
		check_inside(d, whole, content);
		read_typed(before, d->p);
		if ((tag & 0x20) != 0 && depth < DEPTH_MAX) {
			child = der_enter(&before, tag);
			walk(&child, depth + 1);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct der d;

	der_init(&d, slice_of(data, size));
	walk(&d, 0);
	return 0;
}
