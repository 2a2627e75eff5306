/* test_mailbox.c — messages between threads: order, spill, waking. */
#include <pthread.h>

#include "relay/mailbox.h"
#include "../check_main.h"

struct inbox {
	uint64_t got;
	uint64_t next[4]; /* expected number from each sender */
	bool in_order;
};

static void
count(void *arg, const struct msg *m)
{
	struct inbox *in = arg;

	if (m->u.tenant != in->next[m->code])
		in->in_order = false;
	in->next[m->code]++;
	in->got++;
}

static struct msg
numbered(unsigned from, uint32_t n)
{
	return (struct msg){ .type = MSG_ROUTES_CHANGED, .code = (uint16_t)from,
		.u.tenant = n };
}

START_TEST(mailbox_keeps_order_when_the_ring_spills)
{
	struct mail_system *s;
	struct inbox in = { .in_order = true };
	struct loop *loop;

	ck_assert_int_eq(mail_system_new(2, 1000, &s), 0);
	ck_assert_int_eq(loop_new(&loop, NULL), 0);
	ck_assert_int_eq(mailbox_open(mail_system_box(s, 0), loop, count, &in), 0);
	ck_assert_int_eq(mailbox_open(mail_system_box(s, 1), loop, count, &in), 0);
	for (uint32_t i = 0; i < 900; i++) {
		struct msg m = numbered(0, i);

		ck_assert_int_eq(mailbox_send(mail_system_box(s, 0), 1, &m), 0);
	}
	ck_assert_uint_gt(mailbox_spilled(mail_system_box(s, 0)), 0);
	while (in.got < 900) {
		uint64_t before = in.got;

		mailbox_receive(mail_system_box(s, 1));
		mailbox_receive(mail_system_box(s, 0));
		ck_assert_uint_gt(in.got, before);
	}
	ck_assert(in.in_order);
	mailbox_close(mail_system_box(s, 0));
	mailbox_close(mail_system_box(s, 1));
	loop_free(&loop);
	mail_system_free(&s);
}
END_TEST

START_TEST(mailbox_refuses_when_ring_and_spill_are_full)
{
	struct mail_system *s;
	struct msg m = numbered(0, 0);
	uint32_t sent = 0;

	ck_assert_int_eq(mail_system_new(2, 10, &s), 0);
	while (mailbox_send(mail_system_box(s, 0), 1, &m) == 0)
		sent++;
	ck_assert_uint_ge(sent, 10);
	ck_assert_uint_le(sent, 256 + 10);
	mail_system_free(&s);
}
END_TEST

START_TEST(mailbox_with_mail_does_not_sleep)
{
	struct mail_system *s;
	struct msg m = numbered(0, 0);

	ck_assert_int_eq(mail_system_new(2, 10, &s), 0);
	ck_assert(mailbox_before_sleep(mail_system_box(s, 1)));
	mailbox_after_sleep(mail_system_box(s, 1));
	ck_assert_int_eq(mailbox_send(mail_system_box(s, 0), 1, &m), 0);
	ck_assert(!mailbox_before_sleep(mail_system_box(s, 1)));
	mail_system_free(&s);
}
END_TEST

/* --- threads --------------------------------------------------------------- */

#define SENDERS 3
#define EACH 20000

struct party {
	struct mail_system *sys;
	unsigned self;
	struct loop *loop;
	struct inbox in;
};

static bool
before(void *arg)
{
	struct party *p = arg;

	return mailbox_before_sleep(mail_system_box(p->sys, p->self));
}

static void
after(void *arg)
{
	struct party *p = arg;

	mailbox_after_sleep(mail_system_box(p->sys, p->self));
	mailbox_receive(mail_system_box(p->sys, p->self));
	if (p->self == 0 && p->in.got == SENDERS * EACH)
		loop_stop(p->loop);
}

static void *
send_many(void *arg)
{
	struct party *p = arg;
	struct mailbox *b = mail_system_box(p->sys, p->self);

	for (uint32_t i = 0; i < EACH;) {
		struct msg m = numbered(p->self, i);

		if (mailbox_send(b, 0, &m) == 0)
			i++;
		else
			mailbox_receive(b); /* moves what spilled */
	}
	while (!mailbox_before_sleep(b))
		mailbox_receive(b);
	return NULL;
}

START_TEST(mailbox_loses_nothing_between_threads_that_sleep)
{
	struct party p[SENDERS + 1];
	struct loop_hooks hooks = { before, after, &p[0] };
	struct mail_system *s;
	pthread_t t[SENDERS];

	ck_assert_int_eq(mail_system_new(SENDERS + 1, 64, &s), 0);
	for (unsigned i = 0; i <= SENDERS; i++)
		p[i] = (struct party){ .sys = s, .self = i, .in.in_order = true };
	ck_assert_int_eq(loop_new(&p[0].loop, NULL), 0);
	loop_set_hooks(p[0].loop, &hooks);
	ck_assert_int_eq(mailbox_open(
	    mail_system_box(s, 0), p[0].loop, count, &p[0].in), 0);
	for (unsigned i = 0; i < SENDERS; i++)
		ck_assert_int_eq(
		    pthread_create(&t[i], NULL, send_many, &p[i + 1]), 0);
	loop_run(p[0].loop);
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_join(t[i], NULL);
	ck_assert_uint_eq(p[0].in.got, SENDERS * EACH);
	ck_assert(p[0].in.in_order);
	mailbox_close(mail_system_box(s, 0));
	loop_free(&p[0].loop);
	mail_system_free(&s);
}
END_TEST

CHECK_MAIN("mailbox", mailbox_keeps_order_when_the_ring_spills,
    mailbox_refuses_when_ring_and_spill_are_full,
    mailbox_with_mail_does_not_sleep,
    mailbox_loses_nothing_between_threads_that_sleep)
