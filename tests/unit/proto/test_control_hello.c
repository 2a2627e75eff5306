/* Tests of proto/control_hello.c; the refusals are in tests/vectors. */
#include "proto/control_hello.h"

#include "../check_main.h"

static uint8_t frame[AX_HEADER_LEN + AX_HELLO_MAX];

static struct control
full(uint8_t type)
{
	struct control c = { .type = type };

	c.hello = (struct control_hello){ .ver_min = 1,
		.ver_max = 1,
		.max_streams = 65535,
		.features = UINT64_C(0x8000000000000001),
		.id = { 1, [15] = 16 },
		.lanes = 16,
		.init_window = CONTROL_WINDOW_MAX,
		.max_frame = AX_FRAME_MAX,
		.ring = CONTROL_RING_MAX,
		.wall_ms = UINT64_MAX,
		.claim = { .id = { 9, [15] = 8 },
		    .epoch = 7,
		    .received = 6,
		    .mac = { 5, [31] = 4 } } };
	if (type == AX_CTL_HELLO) {
		c.hello.lane = 15;
		c.flags = CONTROL_HELLO_RESUME | CONTROL_HELLO_MBB;
	} else {
		c.hello.worker = 255;
		c.hello.resume_ttl_s = 600;
		c.hello.ping_ms = CONTROL_PING_MAX_MS;
		c.flags = CONTROL_HELLO_RESUME;
	}
	return c;
}

static void
check_both_ways(uint8_t type)
{
	char text[65];
	struct control out, c = full(type);
	struct writer w;

	memset(text, '~', sizeof(text));
	c.hello.software = slice_of(text, 32);
	c.hello.hostname = slice_of(text, 64);
	c.hello.os = slice_of(text, 32);
	writer_init(&w, frame, CONTROL_HELLO_LEN_MAX);
	control_put(&w, &c);
	ck_assert(!w.bad);
	ck_assert_uint_eq(
	    control_get(&out, slice_of(frame + 8, writer_len(&w) - 8)), 0);
	ck_assert_uint_eq(out.flags, c.flags);
	ck_assert_uint_eq(out.hello.max_streams, 65535);
	ck_assert_uint_eq(out.hello.features, c.hello.features);
	ck_assert_mem_eq(out.hello.id, c.hello.id, 16);
	ck_assert_uint_eq(out.hello.lane, c.hello.lane);
	ck_assert_uint_eq(out.hello.worker, c.hello.worker);
	ck_assert_uint_eq(out.hello.resume_ttl_s, c.hello.resume_ttl_s);
	ck_assert_uint_eq(out.hello.ping_ms, c.hello.ping_ms);
	ck_assert_uint_eq(out.hello.ring, CONTROL_RING_MAX);
	ck_assert_mem_eq(out.hello.claim.id, c.hello.claim.id, 16);
	ck_assert_uint_eq(out.hello.claim.epoch, 7);
	ck_assert_uint_eq(out.hello.claim.received, 6);
	ck_assert_mem_eq(out.hello.claim.mac, c.hello.claim.mac, 32);
	ck_assert_uint_eq(out.hello.hostname.n, 64);
	ck_assert_uint_eq(out.hello.os.n, 32);
}

START_TEST(hello_keeps_every_field)
{
	check_both_ways(AX_CTL_HELLO);
}
END_TEST

START_TEST(hello_ok_keeps_every_field)
{
	check_both_ways(AX_CTL_HELLO_OK);
}
END_TEST

START_TEST(hello_says_only_what_it_knows)
{
	struct control out, c = full(AX_CTL_HELLO);
	struct writer w;

	writer_init(&w, frame, sizeof(frame));
	control_put(&w, &c);
	ck_assert_uint_eq(writer_len(&w), 8 + 122);
	ck_assert_uint_eq(
	    control_get(&out, slice_of(frame + 8, writer_len(&w) - 8)), 0);
	ck_assert_uint_eq(out.hello.software.n, 0);
}
END_TEST

CHECK_MAIN("control_hello", hello_keeps_every_field,
    hello_ok_keeps_every_field, hello_says_only_what_it_knows)
