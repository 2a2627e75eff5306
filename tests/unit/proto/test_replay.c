/* Tests of proto/replay.c. */
#include "proto/replay.h"

#include "proto/wire.h"

#include "../check_main.h"

#define MIB (1u << 20)
#define FULL (AX_HEADER_LEN + AX_FRAME_MAX)

static struct alloc_counting mem;
static struct replay r;
static uint64_t now;

static void
set_up(size_t max)
{
	alloc_counting_init(&mem, alloc_libc(), SIZE_MAX);
	replay_init(&r, &mem.base, max);
	now = 1000;
}

static void
tear_down(void)
{
	replay_fini(&r);
	ck_assert_uint_eq(mem.bytes, 0);
}

/* Commits n bytes of stream id, each byte the low bits of its offset in the
 * sequence of payload; returns how many slots they took.                     */
static size_t
put(uint32_t id, size_t n, size_t quantum)
{
	static uint8_t next;
	struct iovec iov[64];
	size_t k = replay_reserve(&r, quantum, iov, 64), left = n;

	replay_check(&r);
	for (size_t i = 0; i < k && left > 0; i++) {
		uint8_t *p = iov[i].iov_base;
		size_t m = MIN(left, iov[i].iov_len);

		for (size_t j = 0; j < m; j++)
			p[j] = next++;
		left -= m;
	}
	ck_assert_uint_eq(left, 0);
	replay_commit(&r, id, n, now);
	replay_check(&r);
	return k;
}

static void
put_control(size_t n, uint8_t fill)
{
	uint8_t *p = replay_append(&r, n);

	ck_assert_ptr_nonnull(p);
	wire_head_put(p, 0, (uint32_t)n - 8);
	memset(p + 8, fill, n - 8);
	replay_check(&r);
}

static bool
ack(uint64_t seq)
{
	bool ok = replay_ack(&r, seq, now, AX_NS_PER_MS);

	replay_check(&r);
	return ok;
}

START_TEST(replay_holds_nothing_when_idle)
{
	set_up(4 * MIB);
	ck_assert_uint_eq(mem.calls, 0);
	put(1, 100, 100);
	replay_sent(&r, 108);
	ck_assert(ack(108));
	replay_trim(&r, now + 2 * AX_NS_PER_S);
	ck_assert_uint_eq(mem.bytes, 0);
	tear_down();
}
END_TEST

START_TEST(replay_gives_small_talk_a_small_segment)
{
	set_up(4 * MIB);
	put(1, 100, 4096);
	ck_assert_uint_le(mem.bytes, REPLAY_SEGMENT_SMALL);
	tear_down();
}
END_TEST

START_TEST(replay_lays_full_frames_side_by_side)
{
	struct iovec iov[32];

	set_up(4 * MIB);
	ck_assert_uint_eq(replay_reserve(&r, 16 * AX_FRAME_MAX, iov, 32), 16);
	for (int i = 0; i < 16; i++)
		ck_assert_uint_eq(iov[i].iov_len, AX_FRAME_MAX);
	ck_assert_ptr_eq(iov[3].iov_base, (uint8_t *)iov[0].iov_base + 3 * FULL);
	replay_commit(&r, 7, 16 * AX_FRAME_MAX, now);
	replay_check(&r);
	ck_assert_uint_eq(r.end, 16 * FULL);
	ck_assert_uint_eq(replay_peek(&r, 0, r.end, iov, 32), 4);
	ck_assert_uint_eq(iov[0].iov_len, REPLAY_SEGMENT);
	ck_assert_uint_eq(wire_head_get(iov[2].iov_base).id, 7);
	tear_down();
}
END_TEST

START_TEST(replay_shrinks_the_last_slot_and_returns_the_rest)
{
	struct iovec iov[4];
	struct wire_head h;

	set_up(4 * MIB);
	put(5, AX_FRAME_MAX + 10, 16 * AX_FRAME_MAX);
	ck_assert_uint_eq(r.end, FULL + 8 + 10);
	ck_assert_uint_eq(replay_peek(&r, 0, r.end, iov, 4), 1);
	h = wire_head_get((uint8_t *)iov[0].iov_base + FULL);
	ck_assert_uint_eq(h.id, 5);
	ck_assert_uint_eq(h.len, 10);
	tear_down();
}
END_TEST

START_TEST(replay_takes_back_what_is_not_used)
{
	struct iovec iov[64];

	set_up(4 * MIB);
	ck_assert_uint_gt(replay_reserve(&r, 256 << 10, iov, 64), 0);
	replay_commit(&r, 1, 0, now);
	replay_check(&r);
	ck_assert_uint_eq(r.end, 0);
	ck_assert_uint_le(mem.bytes, (REPLAY_SPARES + 1) * REPLAY_SEGMENT);
	replay_trim(&r, now + 2 * AX_NS_PER_S);
	ck_assert_uint_eq(mem.bytes, 0);
	tear_down();
}
END_TEST

START_TEST(replay_serves_as_many_slots_as_memory_allows)
{
	struct iovec iov[64];

	set_up(4 * MIB);
	mem.fail_at = 3;
	ck_assert_uint_eq(replay_reserve(&r, 256 << 10, iov, 64), 8);
	replay_commit(&r, 1, 8 * AX_FRAME_MAX, now);
	replay_check(&r);
	ck_assert_uint_eq(replay_reserve(&r, 256 << 10, iov, 64), 0);
	replay_commit(&r, 1, 0, now);
	ck_assert_ptr_null(replay_append(&r, 24));
	replay_check(&r);
	tear_down();
}
END_TEST

/* As when others of its tenant hold almost all of it. */
static size_t
little_left(struct alloc *a AX_UNUSED)
{
	return 20000;
}

START_TEST(replay_goes_on_however_little_is_left)
{
	struct iovec iov[64];
	size_t k;

	set_up(MIB);
	mem.base.left = little_left;
	for (int i = 0; i < 3; i++) {
		k = replay_reserve(&r, MIB, iov, 64);
		ck_assert_uint_eq(k, 1);
		ck_assert_uint_le(mem.bytes, REPLAY_SEGMENT_SMALL);
		replay_commit(&r, 1, iov[0].iov_len, now);
		replay_check(&r);
		/* But no more than that, before it is acknowledged. */
		ck_assert_uint_eq(replay_reserve(&r, MIB, iov, 64), 0);
		replay_sent(&r, replay_unsent(&r));
		ck_assert(replay_ack(&r, r.end, now, 0));
	}
	tear_down();
}
END_TEST

START_TEST(replay_goes_round_without_allocating)
{
	uint64_t calls = 0;

	set_up(4 * MIB);
	for (int i = 0; i < 100; i++) {
		put(1, 16 * AX_FRAME_MAX, 16 * AX_FRAME_MAX);
		replay_sent(&r, replay_unsent(&r));
		ck_assert(ack(r.end));
		if (i == 0)
			calls = mem.calls;
	}
	ck_assert_uint_eq(mem.calls, calls);
	tear_down();
}
END_TEST

START_TEST(replay_refuses_an_impossible_ack)
{
	set_up(4 * MIB);
	put(1, 1000, 1000);
	replay_sent(&r, 500);
	ck_assert(!ack(501));
	ck_assert(ack(500));
	ck_assert(!ack(499));
	ck_assert(ack(500));
	tear_down();
}
END_TEST

START_TEST(replay_keeps_room_for_control)
{
	struct iovec iov[64];

	set_up(64 << 10);
	while (replay_room(&r) > 0)
		put(1, replay_room(&r), replay_room(&r));
	ck_assert(replay_has_room(&r, 8 << 10));
	for (int i = 0; i < 300; i++)
		put_control(28, 0x55);
	ck_assert_uint_eq(replay_room(&r), 0);
	while (replay_has_room(&r, 28))
		put_control(28, 0x56);
	replay_check(&r);
	ck_assert_uint_gt(replay_peek(&r, 0, r.end, iov, 64), 0);
	tear_down();
}
END_TEST

/* Blocked, and half of the ring acknowledged within a round trip. */
START_TEST(replay_grows_when_the_path_wants_more)
{
	size_t limit;

	set_up(16 * MIB);
	limit = r.limit;
	for (int i = 0; i < 4; i++) {
		while (replay_room(&r) > 0)
			put(1, MIN(replay_room(&r), 16376),
			    MIN(replay_room(&r), 16376));
		replay_blocked(&r, now);
		replay_sent(&r, replay_unsent(&r));
		now += AX_NS_PER_MS;
		ck_assert(ack(r.end));
		ck_assert_uint_eq(r.limit, MIN(limit * 2, 16 * MIB - 65536));
		limit = r.limit;
	}
	tear_down();
}
END_TEST

START_TEST(replay_does_not_grow_for_a_slow_path)
{
	size_t limit;

	set_up(16 * MIB);
	limit = r.limit;
	while (replay_room(&r) > 0)
		put(1, MIN(replay_room(&r), 16376),
		    MIN(replay_room(&r), 16376));
	replay_blocked(&r, now);
	replay_sent(&r, replay_unsent(&r));
	now += AX_NS_PER_S;
	ck_assert(ack(r.end));
	ck_assert_uint_eq(r.limit, limit);
	tear_down();
}
END_TEST

START_TEST(replay_knows_where_a_frame_ends)
{
	set_up(4 * MIB);
	put(1, 92, 92);
	put_control(20, 1);
	ck_assert_uint_eq(replay_boundary(&r), 0);
	replay_sent(&r, 1);
	ck_assert_uint_eq(replay_boundary(&r), 100);
	replay_sent(&r, 99);
	ck_assert_uint_eq(replay_boundary(&r), 100);
	replay_sent(&r, 8);
	ck_assert_uint_eq(replay_boundary(&r), 120);
	ck_assert_uint_eq(r.barrier, 120);
	tear_down();
}
END_TEST

/* Everything that goes in comes out once, in order, whatever the pieces. */
static uint8_t model[8 * MIB];

static void
check_peek(uint64_t from)
{
	struct iovec iov[64];
	size_t k = replay_peek(&r, from, r.end, iov, 64);

	for (size_t i = 0; i < k; i++) {
		ck_assert_mem_eq(model + from, iov[i].iov_base, iov[i].iov_len);
		from += iov[i].iov_len;
	}
	ck_assert(k == 64 || from == r.end);
}

static void
remember(uint64_t from)
{
	struct iovec iov[64];
	size_t k = replay_peek(&r, from, r.end, iov, 64);

	for (size_t i = 0; i < k; i++) {
		memcpy(model + from, iov[i].iov_base, iov[i].iov_len);
		from += iov[i].iov_len;
	}
	ck_assert_uint_eq(from, r.end);
}

static void
keep_the_order(bool forgets)
{
	struct rng rng;

	rng_seed(&rng, test_seed());
	set_up(256 << 10);
	r.frame_max = 5000;
	r.forgets = forgets;
	while (r.end < sizeof(model) - MIB) {
		uint64_t from = r.end;
		size_t q = rng_below(&rng, 100000) + 1;

		now += AX_NS_PER_MS;
		switch (rng_below(&rng, 5)) {
		case 0:
			if (replay_has_room(&r, 48))
				put_control(48, (uint8_t)rng_u64(&rng));
			remember(from);
			break;
		case 1:
			q = MIN(q, replay_room(&r));
			if (q > 0)
				put(3, rng_below(&rng, q + 1), q);
			remember(from);
			break;
		case 2:
			replay_sent(&r, rng_below(&rng, replay_unsent(&r) + 1));
			break;
		case 3:
			ck_assert(ack(r.acked +
			    rng_below(&rng, r.sent - r.acked + 1)));
			break;
		default:
			check_peek(r.sent);
			replay_trim(&r, now);
		}
		replay_check(&r);
	}
	tear_down();
}

START_TEST(replay_keeps_the_order_of_everything)
{
	keep_the_order(false);
}
END_TEST

START_TEST(replay_that_forgets_keeps_the_order_of_what_is_not_sent)
{
	keep_the_order(true);
}
END_TEST

START_TEST(replay_that_forgets_holds_nothing_that_was_sent)
{
	set_up(4 * MIB);
	r.forgets = true;
	for (int i = 0; i < 8; i++) {
		put(1, 4 * AX_FRAME_MAX, 4 * AX_FRAME_MAX);
		replay_sent(&r, replay_unsent(&r) - 100);
		put_control(48, 1);
		replay_sent(&r, replay_unsent(&r));
		replay_check(&r);
		ck_assert_uint_le(mem.bytes, 2 * REPLAY_SEGMENT + 200);
	}
	/* It counts, though: the path has to take it first. */
	ck_assert_uint_eq(replay_room(&r), 0);
	ck_assert(ack(r.sent) && replay_room(&r) > 0);
	tear_down();
}
END_TEST

/* Who receives writes a CREDIT now and then: no memory is asked for each. */
START_TEST(replay_keeps_a_small_segment_for_the_next_word)
{
	size_t calls;

	set_up(4 * MIB);
	put_control(20, 1);
	replay_sent(&r, replay_unsent(&r));
	ck_assert(ack(r.end));
	calls = mem.calls;
	for (int i = 0; i < 10; i++) {
		put_control(20, 1);
		replay_sent(&r, replay_unsent(&r));
		ck_assert(ack(r.end));
		replay_check(&r);
	}
	ck_assert_uint_eq(mem.calls, calls);
	ck_assert_uint_gt(r.mem, 0);
	now += 2 * AX_NS_PER_S;
	replay_trim(&r, now);
	ck_assert_uint_eq(r.mem, 0);
	replay_check(&r);
	tear_down();
}
END_TEST

/* What a frame of id and length n begins with, at the position where the next
 * byte will be sent.                                                         */
static void
check_next(uint32_t id, uint32_t len)
{
	struct iovec iov[1];
	struct wire_head h;

	ck_assert_uint_eq(replay_peek(&r, r.sent, r.end, iov, 1), 1);
	h = wire_head_get(iov[0].iov_base);
	ck_assert_uint_eq(h.id, id);
	ck_assert_uint_eq(h.len, len);
}

START_TEST(replay_rewinds_to_any_frame_and_to_none_inside)
{
	uint64_t begins[5], end;
	size_t n = 0;

	set_up(4 * MIB);
	for (uint32_t id = 1; id <= 4; id++) {
		begins[n++] = r.end;
		put(id, 100 * id, 1000);
	}
	begins[n++] = end = r.end;
	replay_sent(&r, 500);
	for (uint64_t at = 0; at <= end; at++) {
		bool begin = false;

		for (size_t i = 0; i < n; i++)
			begin |= begins[i] == at;
		replay_sent(&r, end - r.sent);
		ck_assert_uint_eq(replay_rewind(&r, at, now), begin);
		replay_check(&r);
		ck_assert_uint_eq(r.sent, begin ? at : end);
		if (begin && at < end)
			check_next(at == 0 ? 1 : at == begins[1] ? 2 :
			    at == begins[2] ? 3 : 4,
			    at == 0 ? 100 : at == begins[1] ? 200 :
			    at == begins[2] ? 300 : 400);
	}
	ck_assert_uint_eq(r.acked, end);
	tear_down();
}
END_TEST

START_TEST(replay_rewinds_neither_before_acked_nor_beyond_sent)
{
	set_up(4 * MIB);
	put(1, 100, 100);
	put(3, 100, 100);
	put(5, 100, 100);
	replay_sent(&r, 2 * 108 + 1); /* the third is torn */
	ck_assert(ack(108));
	ck_assert(!replay_rewind(&r, 0, now));
	ck_assert(!replay_rewind(&r, 3 * 108, now));
	ck_assert_uint_eq(replay_boundary(&r), 3 * 108);
	ck_assert(replay_rewind(&r, 108, now));
	ck_assert_uint_eq(replay_boundary(&r), 108);
	ck_assert_uint_eq(replay_unsent(&r), 2 * 108);
	check_next(3, 100);
	replay_sent(&r, 2 * 108);
	ck_assert(replay_rewind(&r, 3 * 108, now));
	ck_assert_uint_eq(r.acked, 3 * 108);
	tear_down();
}
END_TEST

START_TEST(replay_rewinds_across_segments)
{
	set_up(4 * MIB);
	put(1, 10 * AX_FRAME_MAX, 10 * AX_FRAME_MAX);
	put_control(100, 7);
	replay_sent(&r, replay_unsent(&r));
	ck_assert(replay_rewind(&r, 4 * FULL, now)); /* the second begins here */
	replay_check(&r);
	check_next(1, AX_FRAME_MAX);
	ck_assert(!replay_rewind(&r, 5 * FULL, now)); /* not sent any more */
	replay_sent(&r, replay_unsent(&r));
	ck_assert(replay_rewind(&r, 10 * FULL, now));
	check_next(0, 92);
	replay_sent(&r, 100);
	ck_assert(!replay_rewind(&r, 4 * FULL, now));
	ck_assert(ack(r.end));
	ck_assert(replay_rewind(&r, r.end, now)); /* empty */
	tear_down();
}
END_TEST

START_TEST(replay_rests_without_spare_memory)
{
	size_t held;

	set_up(4 * MIB);
	put(1, 12 * AX_FRAME_MAX, 12 * AX_FRAME_MAX);
	replay_sent(&r, replay_unsent(&r));
	ck_assert(ack(8 * FULL));
	held = mem.bytes;
	replay_blocked(&r, now);
	replay_rest(&r);
	replay_check(&r);
	ck_assert_uint_lt(mem.bytes, held);
	ck_assert_uint_le(mem.bytes, REPLAY_SEGMENT + 100);
	ck_assert_uint_eq(r.blocked_ns, AX_NEVER);
	ck_assert(replay_rewind(&r, 9 * FULL, now));
	check_next(1, AX_FRAME_MAX);
	tear_down();
}
END_TEST

CHECK_MAIN("replay", replay_holds_nothing_when_idle,
    replay_gives_small_talk_a_small_segment,
    replay_lays_full_frames_side_by_side,
    replay_shrinks_the_last_slot_and_returns_the_rest,
    replay_takes_back_what_is_not_used,
    replay_serves_as_many_slots_as_memory_allows,
    replay_goes_on_however_little_is_left,
    replay_goes_round_without_allocating, replay_refuses_an_impossible_ack,
    replay_keeps_room_for_control, replay_grows_when_the_path_wants_more,
    replay_does_not_grow_for_a_slow_path, replay_knows_where_a_frame_ends,
    replay_keeps_the_order_of_everything,
    replay_that_forgets_keeps_the_order_of_what_is_not_sent,
    replay_that_forgets_holds_nothing_that_was_sent,
    replay_keeps_a_small_segment_for_the_next_word,
    replay_rewinds_to_any_frame_and_to_none_inside,
    replay_rewinds_neither_before_acked_nor_beyond_sent,
    replay_rewinds_across_segments, replay_rests_without_spare_memory)
