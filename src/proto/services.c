/* services.c — lists of services, one waiting to go out and one just come in.
 *
 * Thread: owner. Pure.
 * Invariant: at most one frame waits; frame == NULL exactly if len == 0.     */
#include "proto/services.h"

#include "base/assert.h"
#include "base/err.h"
#include "proto/wire.h"

void
services_init(struct services *v, struct alloc *a)
{
	*v = (struct services){ .alloc = a, .seen_ns = AX_NEVER };
}

static void
drop_frame(struct services *v)
{
	alloc_put(v->alloc, v->frame, v->len);
	v->frame = NULL;
	v->len = 0;
}

void
services_fini(struct services *v)
{
	drop_frame(v);
	services_forget(v);
}

static size_t
entries_size(const struct session_service *list, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += 1 + strlen(list[i].name) + 3;
	return len;
}

/* The entries go straight to where they belong in the frame; the fixed part is
 * written as if there were none, and then the length is put right.           */
static void
fill(struct services *v, const struct session_service *list, size_t n,
    size_t fixed)
{
	struct control c = { .type = AX_CTL_SERVICES };
	struct writer w;

	writer_init(&w, v->frame + fixed, v->len - fixed);
	for (size_t i = 0; i < n; i++)
		control_service_put(&w, &list[i]);
	ax_assert(!w.bad && writer_len(&w) == v->len - fixed);
	c.services.version = ++v->version;
	c.services.count = (uint16_t)n;
	writer_init(&w, v->frame, fixed);
	control_put(&w, &c);
	ax_assert(!w.bad && writer_len(&w) == fixed);
	wire_head_put(
	    v->frame, AX_STREAM_CONTROL, (uint32_t)v->len - AX_HEADER_LEN);
}

int
services_set(struct services *v, const struct session_service *list, size_t n)
{
	const size_t fixed = AX_HEADER_LEN + 4 + 6;
	size_t len;
	uint8_t *mem;

	if (n > AX_SERVICES_MAX)
		return AX_E_LIMIT;
	for (size_t i = 0; i < n; i++)
		ax_assert(control_is_name(slice_str(list[i].name)));
	len = fixed + entries_size(list, n);
	if (len > AX_HEADER_LEN + AX_CONTROL_BIG_MAX)
		return AX_E_LIMIT;
	mem = alloc_get(v->alloc, len);
	if (mem == NULL)
		return AX_E_NOMEM;
	drop_frame(v);
	v->frame = mem;
	v->len = len;
	fill(v, list, n, fixed);
	return 0;
}

void
services_take(struct services *v, uint8_t *out, uint64_t now_ns)
{
	memcpy(out, v->frame, v->len);
	drop_frame(v);
	v->next_ns = now_ns + SERVICES_GAP_NS;
}

int
services_receive(struct services *v, const struct control *c, uint64_t now_ns,
    bool *hasty)
{
	size_t n = c->services.count;
	struct reader r;

	*hasty = v->seen_ns != AX_NEVER && now_ns - v->seen_ns < SERVICES_GAP_NS;
	v->seen_ns = now_ns;
	services_forget(v);
	if (n == 0)
		return 0;
	v->seen = alloc_get(v->alloc, n * sizeof(*v->seen));
	if (v->seen == NULL)
		return AX_E_NOMEM;
	v->n_seen = n;
	reader_init(&r, c->services.entries);
	for (size_t i = 0; i < n; i++)
		control_service_get(&r, &v->seen[i]);
	return 0;
}

void
services_forget(struct services *v)
{
	alloc_put(v->alloc, v->seen, v->n_seen * sizeof(*v->seen));
	v->seen = NULL;
	v->n_seen = 0;
}
