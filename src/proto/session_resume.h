/* session_resume.h — a session from one connection to the next. It belongs to
 * session.h, and is a file of its own because few need it.
 * Thread: owner, for every function here.
 * Units:  times in ns of the caller's monotonic clock.                       */
#ifndef ATLAX_PROTO_SESSION_RESUME_H
#define ATLAX_PROTO_SESSION_RESUME_H

#include "base/defs.h"

struct session;

/* What a side says to go on with a session over another connection: which one it
 * is, the number of the attempt, and how many sequenced bytes have arrived. What
 * proves it is the MAC, whose key is the caller's business; sessions copy it. */
struct session_claim {
	uint8_t id[16];
	uint32_t epoch;
	uint64_t received;
	uint8_t mac[32];
};

/* Both sides agreed to it, and the session has not ended and does not leave: when
 * the connection is lost, session_suspend is better than session_free.       */
bool session_is_resumable(const struct session *s);
/* To be called when the connection is lost, or given up for another one. What is committed stays,
 * the verbs for streams work as ever, nothing is sent. The same happens by
 * itself when the peer is found dead. After resume_s of both sides the session
 * ends. Harmless when suspended already.                                     */
void session_suspend(struct session *s, uint64_t now_ns);
bool session_is_suspended(const struct session *s);
/* When it will be odd that the peer has said nothing at all since we asked for an
 * answer: data that it should have acknowledged, or PING; or, though it speaks, has
 * acknowledged nothing: what we send does not arrive. Long before it is dead, so that
 * another connection can be tried beside this one. AX_NEVER: no answer is due.   */
uint64_t session_doubt_at(const struct session *s);
/* What this side would claim now, without the MAC. The agent's epoch is its next
 * one, the relay's that of peer, which it answers.                           */
void session_claim(const struct session *s, const struct session_claim *peer,
    struct session_claim *out);
/* Agent, suspended: asks over a new connection to go on. mbb: the old one may be
 * alive.                                                                     */
void session_reconnect(struct session *s, const struct session_claim *own,
    bool mbb, uint64_t now_ns);
/* Relay: is this claim about this session? */
bool session_is_claimed(
    const struct session *s, const struct session_claim *peer);
/* Relay: is it newer than the one that worked last? An older HELLO may arrive
 * after a younger one.                                                       */
bool session_claim_is_new(
    const struct session *s, const struct session_claim *peer);
/* Relay: true while the agent may not know the newest key, so that a claim may be
 * proven by the one before it as well.                                       */
bool session_is_unconfirmed(const struct session *s);
/* The peer's claim is proven: goes on from there. Relay, suspended: answers
 * HELLO_OK with our own claim. Agent, after SESSION_EV_RESUMED: own is NULL.
 * Returns AX_WIRE_NO_ERROR, or AX_WIRE_RESUME_GAP: it cannot be, and nothing
 * has changed.                                                               */
uint16_t session_resume(struct session *s, const struct session_claim *peer,
    const struct session_claim *own, uint64_t now_ns);

#endif
