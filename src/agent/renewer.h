/* renewer.h — keeps the agent's certificate from ending: asks for the next one in
 * time, puts it in the place of the old one, and has the agent use it
 * (doc/RENEWAL). Thread: the agent's.                                        */
#ifndef ATLAX_AGENT_RENEWER_H
#define ATLAX_AGENT_RENEWER_H

#include "agent/knock.h"
#include "pki/key.h"
#include "proto/session.h"

struct agent;
struct uplink;

struct renewer {
	struct agent *agent;
	struct wheel_timer timer;
	int64_t not_before, not_after; /* of the certificate in use */
	int64_t due_s;		       /* ask then */
	struct uplink *asked;	       /* who answers; NULL: nobody was asked */
	struct buf certificate;	       /* then: the present one, DER */
	struct pubkey key;	       /* then: for which one was asked for */
	bool expired;	/* it is over, or a relay says so: the next connection is
			 * for the relay's enrolment port */
	int64_t knock_s; /* but no earlier than that */
	struct knock knock; /* of that connection */
};

/* Was it built in? Without it nothing here does anything (renewer_none.c). */
bool renewer_is_able(void);
void renewer_init(struct renewer *n, struct agent *a);
void renewer_fini(struct renewer *n);
/* This is the certificate in use from now on. Units: Unix seconds. */
void renewer_plan(struct renewer *n, int64_t not_before, int64_t not_after);
/* When to ask for the next one: two thirds of the life on, and a tenth of it
 * around, by a random number of 16 bits. Pure.                               */
int64_t renewer_due(int64_t not_before, int64_t not_after, uint16_t random);
/* When to look again, after it was due and did not work: a tenth of what is left.
 * Pure. Units: seconds.                                                      */
int64_t renewer_patience(int64_t not_after, int64_t now);
/* Do not wait any longer: its CA goes. */
void renewer_hasten(struct renewer *n);
/* The first lane is up, or goes on. */
void renewer_hurry(struct renewer *n);
/* u was answered. */
void renewer_answer(
    struct renewer *n, struct uplink *u, const struct session_event *ev);
/* u is about to be freed. */
void renewer_forget(struct renewer *n, const struct uplink *u);

/* A connection is about to be dialled: to this port instead of the relay's own, and
 * then it is for renewer_knock; 0: it is for a tunnel.                       */
uint16_t renewer_port(struct renewer *n);
/* Asks there for the next certificate, and has the agent dial again when it was
 * answered. Takes fd.                                                        */
void renewer_knock(struct renewer *n, int fd, const char *host);

/* Both files as they are to be read: see pki/pair.h. Before each reading.
 * Fails: AX_E_SYS.                                                           */
struct conf_agent;
AX_CHECKED int renewer_settle(const struct conf_agent *c, struct err *e);

#endif
