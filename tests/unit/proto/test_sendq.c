/* Tests of proto/sendq.c. */
#include "proto/sendq.h"

#include "../check_main.h"

#define N 8

static struct sendq q;
static struct stream st[N];
static size_t sent[N];

static void
set_up(void)
{
	sendq_init(&q);
	for (int i = 0; i < N; i++) {
		st[i] = (struct stream){ .id = (uint32_t)i + 1 };
		sendq_entry_init(&st[i].q, 0);
		sent[i] = 0;
	}
}

/* One turn, used up to most; returns whose it was, or -1. */
static int
turn(size_t most)
{
	size_t quantum = 0;
	struct stream *s = sendq_pick(&q, 0, &quantum);
	int i;

	sendq_check(&q);
	if (s == NULL)
		return -1;
	ck_assert_uint_gt(quantum, 0);
	i = (int)(s - st);
	sent[i] += MIN(most, quantum);
	sendq_charge(&s->q, MIN(most, quantum));
	return i;
}

START_TEST(sendq_is_silent_when_nobody_is_ready)
{
	set_up();
	ck_assert_int_eq(turn(1), -1);
	sendq_set(&q, &st[0], true);
	sendq_set(&q, &st[0], true);
	sendq_set(&q, &st[0], false);
	ck_assert_int_eq(turn(1), -1);
	ck_assert(list_is_empty(&st[0].q.link));
}
END_TEST

START_TEST(sendq_gives_a_lone_stream_a_large_quantum)
{
	size_t quantum;

	set_up();
	sendq_set(&q, &st[0], true);
	ck_assert_ptr_eq(sendq_pick(&q, 0, &quantum), &st[0]);
	ck_assert_uint_eq(quantum, SENDQ_SPARSE);
	sendq_charge(&st[0].q, quantum);
	ck_assert_ptr_eq(sendq_pick(&q, 0, &quantum), &st[0]);
	ck_assert_uint_eq(quantum, SENDQ_ALONE);
}
END_TEST

START_TEST(sendq_shares_by_bytes)
{
	set_up();
	for (int i = 0; i < 4; i++)
		sendq_set(&q, &st[i], true);
	for (int i = 0; i < 4000; i++)
		turn(i % 2 == 0 ? 16376 : 1000);
	for (int i = 1; i < 4; i++) {
		ck_assert_uint_lt(sent[i], sent[0] + 3 * SENDQ_QUANTUM);
		ck_assert_uint_gt(sent[i] + 3 * SENDQ_QUANTUM, sent[0]);
	}
}
END_TEST

START_TEST(sendq_weighs_by_priority)
{
	set_up();
	for (uint8_t i = 0; i < 4; i++) {
		sendq_entry_init(&st[i].q, i);
		sendq_set(&q, &st[i], true);
	}
	for (int i = 0; i < 20000; i++)
		turn(SIZE_MAX);
	for (int i = 1; i < 4; i++) {
		ck_assert_uint_gt(sent[i], sent[0] * (UINT64_C(1) << i) * 9 / 10);
		ck_assert_uint_lt(sent[i], sent[0] * (UINT64_C(1) << i) * 11 / 10);
	}
}
END_TEST

START_TEST(sendq_lets_the_sparse_go_first)
{
	set_up();
	for (int i = 1; i < N; i++)
		sendq_set(&q, &st[i], true);
	for (int i = 0; i < 100; i++)
		turn(SIZE_MAX);
	for (int i = 0; i < 20; i++) {
		/* A keystroke now and then, more often than a round. */
		sendq_set(&q, &st[0], true);
		ck_assert_int_eq(turn(50), 0);
		sendq_set(&q, &st[0], false);
		turn(SIZE_MAX);
		turn(SIZE_MAX);
	}
}
END_TEST

START_TEST(sendq_demotes_who_wants_more)
{
	set_up();
	for (int i = 1; i < N; i++)
		sendq_set(&q, &st[i], true);
	for (int i = 0; i < 100; i++)
		turn(SIZE_MAX);
	sendq_set(&q, &st[0], true);
	ck_assert_int_eq(turn(SIZE_MAX), 0);
	ck_assert_uint_eq(sent[0], SENDQ_SPARSE);
	/* From now on it is one of eight. */
	for (int i = 0; i < 6; i++)
		ck_assert_int_ne(turn(SIZE_MAX), 0);
}
END_TEST

/* Ready, not ready, ready: no way to more than a share. */
START_TEST(sendq_is_not_fooled_by_flicker)
{
	set_up();
	sendq_set(&q, &st[1], true);
	for (int i = 0; i < 4000; i++) {
		sendq_set(&q, &st[0], true);
		turn(SIZE_MAX);
		sendq_set(&q, &st[0], false);
		turn(SIZE_MAX);
	}
	ck_assert_uint_le(sent[0], sent[1] * 11 / 10);
}
END_TEST

/* Without credit it is not its silence that ended. */
START_TEST(sendq_does_not_favour_who_waits_for_credit)
{
	set_up();
	for (int i = 0; i < N; i++)
		sendq_set(&q, &st[i], true);
	for (int i = 0; i < 100; i++)
		turn(SIZE_MAX);
	st[0].bits |= STREAM_READY;
	sendq_set(&q, &st[0], false);
	for (int i = 0; i < 20; i++)
		ck_assert_int_ne(turn(SIZE_MAX), 0);
	sendq_set(&q, &st[0], true);
	ck_assert_int_ne(turn(SIZE_MAX), 0);
	st[0].bits &= (uint16_t)~STREAM_READY;
	sendq_set(&q, &st[0], false);
	for (int i = 0; i < 20; i++)
		ck_assert_int_ne(turn(SIZE_MAX), 0);
	sendq_set(&q, &st[0], true);
	ck_assert_int_eq(turn(SIZE_MAX), 0);
}
END_TEST

START_TEST(sendq_does_not_punish_who_was_alone)
{
	set_up();
	sendq_set(&q, &st[0], true);
	for (int i = 0; i < 10; i++)
		turn(SIZE_MAX);
	sendq_set(&q, &st[1], true);
	sent[0] = sent[1] = 0;
	for (int i = 0; i < 6; i++)
		turn(SIZE_MAX);
	ck_assert_uint_gt(sent[0], 0);
}
END_TEST

START_TEST(sendq_keeps_its_count_whatever_happens)
{
	struct rng r;

	set_up();
	rng_seed(&r, test_seed());
	for (int i = 0; i < 100000; i++) {
		struct stream *s = &st[rng_below(&r, N)];

		switch (rng_below(&r, 4)) {
		case 0:
			sendq_set(&q, s, rng_below(&r, 2));
			break;
		case 1:
			sendq_remove(&q, s);
			break;
		default:
			if (turn(rng_below(&r, 20000)) < 0)
				ck_assert_uint_eq(q.runnable, 0);
		}
		sendq_check(&q);
	}
}
END_TEST

/* Where a large quantum takes no time, there are fewer and larger ones. */
START_TEST(sendq_gives_more_at_a_time_on_a_fast_path)
{
	size_t share[] = { 0, 4 << 10, 32 << 10, 128 << 10, 1 << 20 },
	    want[] = { 16376, 16376, 32 << 10, 128 << 10, 16 * 16376 }, quantum;

	for (size_t i = 0; i < ARRAY_LEN(share); i++) {
		set_up();
		for (int k = 0; k < 2; k++) { /* both have shown that they are heavy */
			sendq_set(&q, &st[k], true);
			(void)sendq_pick(&q, share[i], &quantum);
			sendq_charge(&st[k].q, SENDQ_SPARSE);
		}
		ck_assert_ptr_nonnull(sendq_pick(&q, share[i], &quantum));
		ck_assert_uint_eq(quantum, want[i]);
		sendq_check(&q);
	}
}
END_TEST

CHECK_MAIN("sendq", sendq_is_silent_when_nobody_is_ready,
    sendq_gives_a_lone_stream_a_large_quantum, sendq_shares_by_bytes,
    sendq_weighs_by_priority, sendq_lets_the_sparse_go_first,
    sendq_demotes_who_wants_more, sendq_is_not_fooled_by_flicker,
    sendq_does_not_favour_who_waits_for_credit,
    sendq_does_not_punish_who_was_alone,
    sendq_keeps_its_count_whatever_happens,
    sendq_gives_more_at_a_time_on_a_fast_path)
