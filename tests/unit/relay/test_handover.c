/* Tests of relay/handover.c. */
#include "relay/handover.h"

#include <unistd.h>

#include "base/defs.h"

#include "../check_main.h"

static int
say(int fd, enum handover_type type)
{
	struct handover_msg m = { .type = type };
	struct err e;

	return handover_send(fd, &m, NULL, &e);
}

/* The old process may say GO in the moment in which the heir gives up. */
START_TEST(handover_who_has_given_up_cannot_be_told_go)
{
	struct handover_msg m;
	struct buf fds;
	struct err e;
	int pair[2];

	buf_init(&fds);
	ck_assert_int_eq(handover_pair(pair, &e), 0);
	ck_assert_int_eq(handover_expect_last(
	    pair[1], HANDOVER_GO, 0, &fds, &m, &e), AX_E_TIMEOUT);
	ck_assert_int_eq(say(pair[0], HANDOVER_GO), AX_E_CLOSED);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(handover_go_is_heard_if_it_was_said_before)
{
	struct handover_msg m;
	struct buf fds;
	struct err e;
	int pair[2];

	buf_init(&fds);
	ck_assert_int_eq(handover_pair(pair, &e), 0);
	ck_assert_int_eq(say(pair[0], HANDOVER_GO), 0);
	close(pair[0]);
	ck_assert_int_eq(handover_expect_last(
	    pair[1], HANDOVER_GO, 0, &fds, &m, &e), 0);
	ck_assert_int_eq(m.type, HANDOVER_GO);
	ck_assert_int_eq(handover_expect_last(
	    pair[1], HANDOVER_GO, 0, &fds, &m, &e), AX_E_CLOSED);
	close(pair[1]);
}
END_TEST

CHECK_MAIN("handover", handover_who_has_given_up_cannot_be_told_go,
    handover_go_is_heard_if_it_was_said_before)
