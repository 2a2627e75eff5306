/* pem.c — the textual form of DER, with the library's base64.
 *
 * Thread: any.
 * Invariant: nothing is kept, and no copy of the bytes is made elsewhere (they
 * may be a private key).                                                     */
#include "pki/pem.h"

#include <stdio.h>

#include "tls/wolf.h"

#define PEM_LINE 48 /* bytes in a line of 64 characters */

int
pem_write(struct buf *out, const char *label, struct slice der)
{
	size_t lines = der.n / PEM_LINE + 1;
	size_t cap = 2 * (strlen(label) + 18) + lines * 65 + 1;
	word32 body = (word32)(lines * 65);
	char *p = (char *)buf_reserve(out, cap);
	int n, tail;

	if (p == NULL)
		return AX_E_NOMEM;
	n = snprintf(p, cap, "-----BEGIN %s-----\n", label);
	if (Base64_Encode(der.p, (word32)der.n, (byte *)p + n, &body) != 0)
		return AX_E_CRYPTO;
	n += (int)body;
	tail = snprintf(p + n, cap - (size_t)n, "-----END %s-----\n", label);
	buf_commit(out, (size_t)(n + tail));
	return 0;
}

/* The text between the two marks; empty if there is no such pair. */
static struct slice
find_block(struct slice text, const char *label)
{
	char mark[64];
	const uint8_t *from, *to;
	int n;

	if (text.n == 0)
		return text; /* memmem wants a pointer, even to nothing */
	n = snprintf(mark, sizeof(mark), "-----BEGIN %s-----", label);
	from = memmem(text.p, text.n, mark, (size_t)n);
	if (from == NULL)
		return slice_of(NULL, 0);
	text = slice_skip(text, (size_t)(from - text.p) + (size_t)n);
	n = snprintf(mark, sizeof(mark), "-----END %s-----", label);
	to = memmem(text.p, text.n, mark, (size_t)n);
	return to == NULL ? slice_of(NULL, 0)
			  : slice_of(text.p, (size_t)(to - text.p));
}

int
pem_read(struct slice text, const char *label, uint8_t *out, size_t cap,
    size_t *n, struct err *e)
{
	struct slice body = find_block(text, label);
	word32 len = cap > UINT32_MAX ? UINT32_MAX : (word32)cap;

	if (body.n == 0)
		return err_set(
		    e, AX_E_SYNTAX, "no \"-----BEGIN %s-----\" in it", label);
	if (body.n > UINT32_MAX ||
	    Base64_Decode(body.p, (word32)body.n, out, &len) != 0)
		return err_set(e, AX_E_SYNTAX,
		    "what follows \"BEGIN %s\" is not base64, or too long",
		    label);
	*n = len;
	return 0;
}

struct slice
pem_after(struct slice text, const char *label)
{
	struct slice body = find_block(text, label);

	return body.n == 0 ? slice_of(NULL, 0)
			   : slice_skip(text,
				 (size_t)(slice_end(body) - text.p));
}
