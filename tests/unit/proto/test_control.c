/* Tests of proto/control.c; the layouts themselves are in test_vectors. */
#include "proto/control.h"

#include "../check_main.h"

static uint8_t frame[AX_HEADER_LEN + AX_CONTROL_BIG_MAX];

/* Writes c and reads it back; the slices of *out point into frame. */
static uint16_t
there_and_back(const struct control *c, struct control *out)
{
	struct writer w;

	writer_init(&w, frame, sizeof(frame));
	control_put(&w, c);
	ck_assert(!w.bad);
	return control_get(out, slice_of(frame + 8, writer_len(&w) - 8));
}

START_TEST(control_names_are_plain)
{
	char longest[65];

	memset(longest, 'a', sizeof(longest));
	ck_assert(control_is_name(slice_str("a-b_c.9")));
	ck_assert(control_is_name(slice_of(longest, 63)));
	ck_assert(!control_is_name(slice_of(longest, 64)));
	ck_assert(!control_is_name(slice_str("")));
	ck_assert(!control_is_name(slice_str("Web")));
	ck_assert(!control_is_name(slice_str("a b")));
	ck_assert(!control_is_name(slice_str("\xc3\xa9")));
}
END_TEST

START_TEST(control_keeps_an_open)
{
	struct control out, c = { .type = AX_CTL_OPEN };
	struct session_open *o = &c.open.what;

	c.open.id = 0x7ffffffe;
	*o = (struct session_open){ .service = slice_str("ssh"),
		.prio = 3,
		.addr_len = 16,
		.client = { 1, 2 },
		.local = { 3, 4 },
		.client_port = 65535,
		.local_port = 1 };
	ck_assert_uint_eq(there_and_back(&c, &out), 0);
	ck_assert_uint_eq(out.open.id, 0x7ffffffe);
	ck_assert(slice_eq(out.open.what.service, slice_str("ssh")));
	ck_assert_uint_eq(out.open.what.prio, 3);
	ck_assert_uint_eq(out.open.what.addr_len, 16);
	ck_assert_mem_eq(out.open.what.client, o->client, 16);
	ck_assert_mem_eq(out.open.what.local, o->local, 16);
	ck_assert_uint_eq(out.open.what.client_port, 65535);
	ck_assert_uint_eq(out.open.what.local_port, 1);
}
END_TEST

START_TEST(control_fits_the_room_it_says)
{
	struct control c = { .type = AX_CTL_OPEN };
	char name[63], reason[AX_REASON_MAX];
	struct writer w;

	memset(name, 'n', sizeof(name));
	memset(reason, 'r', sizeof(reason));
	c.open.what.service = slice_of(name, sizeof(name));
	c.open.what.addr_len = 16;
	writer_init(&w, frame, sizeof(frame));
	control_put(&w, &c);
	ck_assert_uint_eq(writer_len(&w), CONTROL_OPEN_MAX);
	c = (struct control){ .type = AX_CTL_CLOSE };
	c.close.reason = slice_of(reason, sizeof(reason));
	writer_init(&w, frame, sizeof(frame));
	control_put(&w, &c);
	ck_assert_uint_le(writer_len(&w), CONTROL_CLOSE_MAX);
	c = (struct control){ .type = AX_CTL_PONG };
	writer_init(&w, frame, sizeof(frame));
	control_put(&w, &c);
	ck_assert_uint_le(writer_len(&w), CONTROL_SMALL_MAX);
}
END_TEST

START_TEST(control_writes_nothing_half)
{
	struct control c = { .type = AX_CTL_CREDIT };
	struct writer w;

	writer_init(&w, frame, 23);
	control_put(&w, &c);
	ck_assert(w.bad);
}
END_TEST

START_TEST(control_knows_twenty_types)
{
	uint8_t body[4] = { 0 };
	struct control c;
	unsigned known = 0;

	for (unsigned type = 0; type < 256; type++) {
		body[0] = (uint8_t)type;
		(void)control_get(&c, slice_of(body, 4));
		known += c.known;
		body[1] = AX_CTL_CRITICAL;
		if (!c.known)
			ck_assert_uint_eq(control_get(&c, slice_of(body, 4)),
			    AX_WIRE_PROTOCOL);
		body[1] = 0;
	}
	ck_assert_uint_eq(known, 20);
}
END_TEST

/* Whatever is flipped, the answer is a code or a message, never a crash, and
 * never a slice outside of the frame.                                        */
START_TEST(control_survives_flipped_bytes)
{
	struct control out, c = { .type = AX_CTL_HELLO };
	struct writer w;
	struct rng r;
	size_t n;

	rng_seed(&r, test_seed());
	c.hello = (struct control_hello){ .ver_min = 1, .ver_max = 1,
		.max_streams = 1, .lanes = 1, .init_window = 65536,
		.max_frame = 4096, .ring = 65536,
		.software = slice_str("s"), .hostname = slice_str("h") };
	writer_init(&w, frame, sizeof(frame));
	control_put(&w, &c);
	n = writer_len(&w) - 8;
	ck_assert_uint_eq(control_get(&out, slice_of(frame + 8, n)), 0);
	for (int i = 0; i < 20000; i++) {
		uint8_t copy[512];
		struct slice s;

		memcpy(copy, frame + 8, n);
		for (int k = 0; k < 3; k++)
			copy[rng_below(&r, n)] = (uint8_t)rng_u64(&r);
		copy[0] = AX_CTL_HELLO;
		if (control_get(&out, slice_of(copy, n)) != 0)
			continue;
		s = out.hello.hostname;
		ck_assert(s.n == 0 || (s.p >= copy && s.p + s.n <= copy + n));
		ck_assert_uint_ge(out.hello.max_frame, AX_FRAME_MAX_FLOOR);
	}
}
END_TEST

CHECK_MAIN("control", control_names_are_plain, control_keeps_an_open,
    control_fits_the_room_it_says, control_writes_nothing_half,
    control_knows_twenty_types, control_survives_flipped_bytes)
