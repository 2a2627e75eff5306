/* fuzz_control.c — control messages. What was read can be written, and reads
 * the same again; and where a message has only one spelling, what is written is
 * what was read. Thread: owner.                                              */
#include "base/assert.h"
#include "fuzz.h"
#include "proto/control.h"

#define BODY_MAX (AX_HEADER_LEN + AX_CONTROL_BIG_MAX)

static struct slice
written(const struct control *c, uint8_t *mem)
{
	struct writer w;
	struct slice frame;

	writer_init(&w, mem, BODY_MAX);
	control_put(&w, c);
	ax_assert(!w.bad);
	frame = slice_of(mem, writer_len(&w));
	ax_assert(frame.n > AX_HEADER_LEN && memcmp(mem, "\0\0\0\0", 4) == 0);
	return slice_skip(frame, AX_HEADER_LEN);
}

/* Unknown and informative parts are left out by whoever writes: then the
 * message is shorter. Parts of a hello may come in any order.                */
static bool
has_one_spelling(const struct control *c)
{
	return c->strange == 0 && c->type != AX_CTL_HELLO &&
	    c->type != AX_CTL_HELLO_OK;
}

static void
check_services(const struct control *c)
{
	struct session_service s;
	struct reader r;

	reader_init(&r, c->services.entries);
	for (unsigned i = 0; i < c->services.count; i++) {
		control_service_get(&r, &s);
		ax_assert(control_is_name(slice_str(s.name)));
	}
	ax_assert(reader_done(&r));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mem[2][BODY_MAX];
	struct slice in = slice_of(data, size), once, twice;
	struct control c, again;

	if (size < AX_CONTROL_MIN || size > AX_CONTROL_BIG_MAX)
		return 0; /* the deframer lets nothing else through */
	if (control_get(&c, in) != AX_WIRE_NO_ERROR || !c.known)
		return 0;
	if (c.type == AX_CTL_SERVICES)
		check_services(&c);
	once = written(&c, mem[0]);
	ax_assert(once.n <= in.n);
	if (once.n == in.n && has_one_spelling(&c))
		ax_assert(slice_eq(once, in));
	ax_assert(control_get(&again, once) == AX_WIRE_NO_ERROR && again.known);
	ax_assert(again.type == c.type && again.strange == 0);
	twice = written(&again, mem[1]);
	ax_assert(slice_eq(once, twice));
	return 0;
}
