/* Tests of proto/wire.c. */
#include "proto/wire.h"

#include "../check_main.h"

START_TEST(wire_head_is_big_endian)
{
	uint8_t p[8];
	struct wire_head h;

	wire_head_put(p, 0x01020304, 0x0a0b0c0d);
	ck_assert_mem_eq(p, "\1\2\3\4\x0a\x0b\x0c\x0d", 8);
	h = wire_head_get(p);
	ck_assert_uint_eq(h.id, 0x01020304);
	ck_assert_uint_eq(h.len, 0x0a0b0c0d);
}
END_TEST

START_TEST(wire_refuses_empty_and_long_data)
{
	struct wire_head h = { .id = 5 };

	ck_assert_uint_eq(wire_check_head(h, 4096), AX_WIRE_FRAME_SIZE);
	h.len = 1;
	ck_assert_uint_eq(wire_check_head(h, 4096), 0);
	h.len = 4096;
	ck_assert_uint_eq(wire_check_head(h, 4096), 0);
	h.len = 4097;
	ck_assert_uint_eq(wire_check_head(h, 4096), AX_WIRE_FRAME_SIZE);
	h.len = UINT32_MAX;
	ck_assert_uint_eq(
	    wire_check_head(h, AX_FRAME_MAX), AX_WIRE_FRAME_SIZE);
}
END_TEST

START_TEST(wire_limits_control_by_its_type)
{
	struct wire_head h = { .id = 0, .len = 3 };

	ck_assert_uint_eq(wire_check_head(h, 4096), AX_WIRE_FRAME_SIZE);
	h.len = AX_CONTROL_BIG_MAX; /* whatever we accept for data */
	ck_assert_uint_eq(wire_check_head(h, 4096), 0);
	h.len++;
	ck_assert_uint_eq(wire_check_head(h, 4096), AX_WIRE_FRAME_SIZE);
	ck_assert_uint_eq(wire_check_control(AX_CTL_SERVICES, 16376), 0);
	ck_assert_uint_eq(wire_check_control(AX_CTL_CREDIT, 4096), 0);
	ck_assert_uint_eq(
	    wire_check_control(AX_CTL_CREDIT, 4097), AX_WIRE_FRAME_SIZE);
	ck_assert_uint_eq(wire_check_control(AX_CTL_HELLO_ERR, 1024), 0);
	ck_assert_uint_eq(
	    wire_check_control(AX_CTL_HELLO, 1025), AX_WIRE_FRAME_SIZE);
}
END_TEST

START_TEST(wire_counts_what_is_replayed)
{
	ck_assert(wire_is_sequenced(7, 0x80));
	ck_assert(!wire_is_sequenced(7 | AX_STREAM_DGRAM, 0));
	ck_assert(wire_is_sequenced(0, AX_CTL_CREDIT));
	ck_assert(!wire_is_sequenced(0, AX_CTL_ACK));
}
END_TEST

CHECK_MAIN("wire", wire_head_is_big_endian, wire_refuses_empty_and_long_data,
    wire_limits_control_by_its_type, wire_counts_what_is_replayed)
