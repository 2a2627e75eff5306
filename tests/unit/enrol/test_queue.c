/* test_queue.c — bounds, time and decisions, with a clock that is an argument. */
#include "enrol/queue.h"

#include "../check_main.h"

#define S AX_NS_PER_S
#define TTL (1800 * S)

/* Key and source number n. */
static int
ask(struct queue *q, uint32_t key, uint32_t source, uint64_t now,
    struct queue_entry **out)
{
	struct pubkey k = { .type = IDENTITY_ED25519, .len = 32 };
	struct queue_ask a = { .key = &k, .name = slice_str("nas"),
		.csr = slice_str("csr"), .words = "words", .address = "address" };

	memcpy(k.bytes, &key, sizeof(key));
	memcpy(a.source, &source, sizeof(source));
	return queue_ask(q, &a, now, out);
}

START_TEST(queue_knows_a_key_again)
{
	struct queue_entry *first, *again;
	struct queue q;

	queue_init(&q, TTL);
	ck_assert_int_eq(ask(&q, 1, 1, 0, &first), 0);
	/* At once, from elsewhere: the same request. */
	ck_assert_int_eq(ask(&q, 1, 2, 5 * S, &again), 0);
	ck_assert_ptr_eq(first, again);
	ck_assert_uint_eq(q.n, 1);
	ck_assert_uint_eq(again->id, 1);
	ck_assert_uint_eq(queue_left_s(&q, again, 5 * S), 1795);
	ck_assert_str_eq(again->name, "nas");
	queue_fini(&q);
}
END_TEST

START_TEST(queue_bounds_what_one_source_may_ask)
{
	struct queue_entry *e;
	struct queue q;
	struct err err;

	queue_init(&q, TTL);
	ck_assert_int_eq(ask(&q, 1, 7, 0, &e), 0);
	ck_assert_int_eq(ask(&q, 2, 7, S - 1, &e), ENROL_RATE);
	ck_assert_int_eq(ask(&q, 2, 7, S, &e), 0);
	ck_assert_int_eq(ask(&q, 3, 7, 9 * S, &e), ENROL_SOURCE);
	ck_assert_int_eq(ask(&q, 3, 8, 9 * S, &e), 0);
	/* Who was decided waits no more. */
	ck_assert_int_eq(queue_reject(&q, 1, &e, &err), 0);
	ck_assert_int_eq(ask(&q, 4, 7, 20 * S, &e), 0);
	ck_assert_uint_eq(q.counts.rate, 1);
	ck_assert_uint_eq(q.counts.source, 1);
	queue_fini(&q);
}
END_TEST

START_TEST(queue_holds_64_and_drops_only_what_was_decided)
{
	struct queue_entry *e;
	struct queue q;
	struct err err;

	queue_init(&q, TTL);
	for (uint32_t i = 1; i <= QUEUE_MAX; i++)
		ck_assert_int_eq(ask(&q, i, i, i * S, &e), 0);
	ck_assert_int_eq(ask(&q, 65, 65, 65 * S, &e), ENROL_FULL);
	ck_assert_uint_eq(q.counts.full, 1);
	ck_assert_int_eq(queue_approve(&q, 10, slice_str("crt"), &e, &err), 0);
	e->visit = &q; /* is being told */
	ck_assert_int_eq(ask(&q, 65, 65, 65 * S, &e), ENROL_FULL);
	queue_find(&q, 10)->visit = NULL;
	ck_assert_int_eq(ask(&q, 65, 65, 65 * S, &e), 0);
	ck_assert_ptr_null(queue_find(&q, 10));
	ck_assert_uint_eq(q.n, QUEUE_MAX);
	queue_fini(&q);
}
END_TEST

START_TEST(queue_has_places_that_strangers_cannot_take)
{
	struct pubkey k = { .type = IDENTITY_ED25519, .len = 32 };
	struct queue_ask a = { .key = &k, .name = slice_str("nas"),
		.csr = slice_str("csr"), .words = "words", .address = "address",
		.awaited = true };
	struct queue_entry *e;
	struct queue q;

	queue_init(&q, TTL);
	for (uint32_t i = 1; i <= QUEUE_MAX; i++)
		ck_assert_int_eq(ask(&q, i, i, 0, &e), 0);
	ck_assert_int_eq(ask(&q, 1000, 1000, 0, &e), ENROL_FULL);
	for (uint8_t i = 1; i <= QUEUE_AWAITED; i++) {
		k.bytes[31] = i;
		ck_assert_int_eq(queue_ask(&q, &a, 0, &e), 0);
	}
	k.bytes[31] = QUEUE_AWAITED + 1;
	ck_assert_int_eq(queue_ask(&q, &a, 0, &e), ENROL_FULL);
	ck_assert_uint_eq(q.n, QUEUE_MAX + QUEUE_AWAITED);
	queue_fini(&q);
}
END_TEST

START_TEST(queue_decides_once)
{
	struct queue_entry *e;
	struct queue q;
	struct err err;

	queue_init(&q, TTL);
	ck_assert_int_eq(ask(&q, 1, 1, 0, &e), 0);
	ck_assert_int_eq(ask(&q, 2, 2, 0, &e), 0);
	ck_assert_int_eq(
	    queue_approve(&q, 3, slice_str("crt"), &e, &err), AX_E_NOTFOUND);
	ck_assert_int_eq(queue_approve(&q, 1, slice_str("crt"), &e, &err), 0);
	ck_assert(slice_eq(buf_slice(&e->certificate), slice_str("crt")));
	ck_assert_int_eq(
	    queue_approve(&q, 1, slice_str("other"), &e, &err), AX_E_EXIST);
	ck_assert_int_eq(queue_reject(&q, 1, &e, &err), AX_E_EXIST);
	ck_assert_int_eq(queue_reject(&q, 2, &e, &err), 0);
	/* Both hear of it when they come back. */
	ck_assert_int_eq(ask(&q, 2, 2, 9 * S, &e), ENROL_REJECTED);
	ck_assert_int_eq(ask(&q, 1, 1, 9 * S, &e), 0);
	ck_assert_int_eq((int)e->state, QUEUE_APPROVED);
	ck_assert(slice_eq(buf_slice(&e->certificate), slice_str("crt")));
	queue_fini(&q);
}
END_TEST

START_TEST(queue_forgets_in_time_and_not_before)
{
	struct queue_entry *e;
	struct queue q;

	queue_init(&q, TTL);
	ck_assert_uint_eq(queue_next_ns(&q), AX_NEVER);
	ck_assert_ptr_null(queue_expired(&q, UINT64_MAX - 1));
	ck_assert_int_eq(ask(&q, 1, 1, 0, &e), 0);
	ck_assert_int_eq(ask(&q, 2, 2, 60 * S, &e), 0);
	ck_assert_int_eq(ask(&q, 1, 1, 60 * S, &e), 0); /* no longer for it */
	ck_assert_uint_eq(queue_next_ns(&q), TTL);
	ck_assert_ptr_null(queue_expired(&q, TTL - 1));
	e = queue_expired(&q, TTL);
	ck_assert_uint_eq(e->id, 1);
	queue_remove(&q, e);
	ck_assert_ptr_null(queue_expired(&q, TTL + 59 * S));
	ck_assert_uint_eq(queue_expired(&q, TTL + 60 * S)->id, 2);
	queue_fini(&q);
}
END_TEST

/* Read as a whole, or refused; never more than that. */
static bool
thaw(struct queue *q, struct slice in)
{
	struct buf no_fds;
	struct frost f;

	buf_init(&no_fds);
	queue_init(q, TTL);
	frost_read(&f, in, &no_fds);
	queue_frost(q, &f);
	return frost_is_done(&f);
}

START_TEST(queue_goes_to_another_process)
{
	struct queue_entry *e;
	struct queue q, next;
	struct frost f;
	struct buf out;
	struct err err;

	buf_init(&out);
	queue_init(&q, TTL);
	for (uint32_t i = 1; i <= 3; i++)
		ck_assert_int_eq(ask(&q, i, i, i * S, &e), 0);
	ck_assert_int_eq(queue_approve(&q, 1, slice_str("crt"), &e, &err), 0);
	ck_assert_int_eq(queue_reject(&q, 2, &e, &err), 0);
	ck_assert_uint_eq(queue_number(&q), 4);
	frost_write(&f, &out, NULL);
	queue_frost(&q, &f);
	ck_assert(!f.bad);
	ck_assert(thaw(&next, buf_slice(&out)));
	ck_assert_uint_eq(next.n, 3);
	ck_assert_uint_eq(next.counts.approved, 1);
	ck_assert_uint_eq(next.counts.asked, 3);
	ck_assert_uint_eq(queue_next_ns(&next), TTL + S);
	ck_assert_int_eq(ask(&next, 1, 1, 9 * S, &e), 0);
	ck_assert(slice_eq(buf_slice(&e->certificate), slice_str("crt")));
	ck_assert_int_eq(ask(&next, 2, 2, 9 * S, &e), ENROL_REJECTED);
	ck_assert_int_eq(ask(&next, 3, 3, 9 * S, &e), 0);
	ck_assert_uint_eq(e->id, 3);
	ck_assert_str_eq(e->name, "nas");
	ck_assert(slice_eq(buf_slice(&e->csr), slice_str("csr")));
	ck_assert_int_eq(ask(&next, 4, 4, 9 * S, &e), 0);
	ck_assert_uint_eq(e->id, 5);
	queue_fini(&next);
	for (size_t n = 0; n < buf_len(&out); n++) {
		ck_assert(!thaw(&next, slice_of(out.mem + out.head, n)));
		queue_fini(&next);
	}
	buf_fini(&out);
	queue_fini(&q);
}
END_TEST

/* What came of n requests in a minute, each with a key of its own. */
static uint64_t
flood(struct queue *q, uint32_t n, uint32_t sources, uint64_t from)
{
	struct queue_entry *e;
	uint64_t taken = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t now = from + i * (60 * S / n);

		taken += ask(q, 1000 + i, 1000 + i % sources, now, &e) == 0;
		ck_assert_uint_le(q->n, QUEUE_MAX);
	}
	return taken;
}

START_TEST(queue_keeps_who_was_there_before_a_flood)
{
	static const uint32_t sources[] = { 1, 31, 32, 64, 10000 };

	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct queue_entry *honest, *e;
		uint64_t taken;
		struct queue q;
		struct err err;

		queue_init(&q, TTL);
		ck_assert_int_eq(ask(&q, 1, 1, 0, &honest), 0);
		taken = flood(&q, 10000, sources[i], S);
		ck_assert_uint_eq(taken, MIN(sources[i] * QUEUE_SOURCE_MAX,
		    (uint32_t)QUEUE_MAX - 1));
		ck_assert_uint_eq(q.counts.asked, taken + 1);
		ck_assert_uint_eq(q.counts.full + q.counts.source + q.counts.rate,
		    10000 - taken);
		/* It asks again, from elsewhere, and is who it was. */
		ck_assert_int_eq(ask(&q, 1, 1000, 62 * S, &e), 0);
		ck_assert_ptr_eq(e, honest);
		ck_assert_uint_eq(e->id, 1);
		ck_assert_int_eq(
		    queue_approve(&q, 1, slice_str("crt"), &e, &err), 0);
		queue_fini(&q);
	}
}
END_TEST

/* It was approved, and away for a moment: the certificate waits for it. */
START_TEST(queue_drops_who_was_rejected_before_who_was_approved)
{
	struct queue_entry *honest, *e;
	struct queue q;
	struct err err;

	queue_init(&q, TTL);
	ck_assert_int_eq(ask(&q, 1, 1, 0, &honest), 0);
	ck_assert_int_eq(queue_approve(&q, 1, slice_str("crt"), &e, &err), 0);
	for (uint32_t i = 2; i <= QUEUE_MAX; i++)
		ck_assert_int_eq(ask(&q, i, i, S, &e), 0);
	for (uint32_t i = 2; i <= 9; i++)
		ck_assert_int_eq(queue_reject(&q, i, &e, &err), 0);
	for (uint32_t i = 0; i < 8; i++)
		ck_assert_int_eq(ask(&q, 100 + i, 100 + i, 2 * S, &e), 0);
	ck_assert_ptr_eq(queue_find(&q, 1), honest);
	ck_assert_ptr_null(queue_find(&q, 2));
	/* Only when there is nobody else. */
	ck_assert_int_eq(ask(&q, 200, 200, 3 * S, &e), 0);
	ck_assert_ptr_null(queue_find(&q, 1));
	queue_fini(&q);
}
END_TEST

/* Whoever is first with a name has no right to it, and neither has the second: both
 * are there, under numbers of their own. With a key it is one request, whoever
 * carries it: there is only one who can have signed it.                       */
START_TEST(queue_tells_a_second_of_one_name_and_of_one_key)
{
	struct queue_entry *first, *second, *again, *e;
	struct queue q;
	struct err err;

	queue_init(&q, TTL);
	ck_assert_int_eq(ask(&q, 1, 1, 0, &first), 0);
	ck_assert_int_eq(ask(&q, 2, 2, 0, &second), 0);
	ck_assert_str_eq(first->name, second->name);
	ck_assert_uint_ne(first->id, second->id);
	ck_assert_int_eq(queue_approve(&q, first->id, slice_str("crt"), &e, &err), 0);
	ck_assert_int_eq((int)second->state, QUEUE_PENDING);
	ck_assert_int_eq(ask(&q, 2, 1, 0, &again), 0);
	ck_assert_ptr_eq(again, second);
	ck_assert_int_eq((int)again->state, QUEUE_PENDING);
	ck_assert_uint_eq(buf_len(&again->certificate), 0);
	ck_assert_uint_eq(q.n, 2);
	queue_fini(&q);
}
END_TEST

CHECK_MAIN("queue", queue_knows_a_key_again, queue_bounds_what_one_source_may_ask,
    queue_holds_64_and_drops_only_what_was_decided,
    queue_has_places_that_strangers_cannot_take, queue_decides_once,
    queue_forgets_in_time_and_not_before, queue_goes_to_another_process,
    queue_keeps_who_was_there_before_a_flood,
    queue_drops_who_was_rejected_before_who_was_approved,
    queue_tells_a_second_of_one_name_and_of_one_key)
