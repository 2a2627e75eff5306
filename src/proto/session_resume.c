/* session_resume.c — a session between two connections: what is left behind with
 * the old one, and from where the new one goes on.
 *
 * Thread: owner. Pure.
 * Invariant: both sides say how much has arrived, in whole frames, and send what
 * is behind it; so nothing is lost, and nothing can come twice. Whatever was
 * unsequenced or torn is forgotten. Which keys may prove a claim is known here,
 * the proof itself is the caller's.                                          */
#include "proto/session_impl.h"

/* The peer's ACK may be 100 ms late, and a packet may have to be sent again. */
#define SILENT_MIN_NS AX_NS_PER_S
#define SILENT_RTTS 4
/* The kernel has repeated a packet three times by then (RFC 6298). */
#define DEAF_MIN_NS (3 * AX_NS_PER_S)
#define DEAF_RTTS 8
#define HELLO_OK_NS (10 * AX_NS_PER_S)

bool
session_is_resumable(const struct session *s)
{
	return s->resume.agreed && !session_is_over(s) && !s->goaway_sent &&
	    !s->goaway_seen && (s->phase >= PHASE_UP || session_is_away(s));
}

bool
session_is_suspended(const struct session *s)
{
	return s->phase == PHASE_SUSPENDED;
}

void
session_suspend(struct session *s, uint64_t now_ns)
{
	session_set_now(s, now_ns);
	if (s->phase == PHASE_SUSPENDED)
		return;
	ax_assert(session_is_resumable(s));
	s->phase = PHASE_SUSPENDED;
	s->hello_by_ns = AX_NEVER;
	if (s->resume.until_ns == AX_NEVER) /* a failed try gains no time */
		s->resume.until_ns = s->now_ns + s->resume.ttl_s * AX_NS_PER_S;
	deframer_drop(&s->deframer);
	s->outbox = (struct outbox){ .head = 0 };
	keepalive_stop(&s->keepalive);
	(void)acks_tell(&s->acks); /* the claim tells it */
	s->services.seen_ns = AX_NEVER;
	replay_rest(&s->replay);
	rate_init(&s->rate);
	SESSION_VERIFY(s);
}

uint64_t
session_doubt_at(const struct session *s)
{
	const struct keepalive *k = &s->keepalive;
	uint64_t asked = k->waiting ? k->asked_ns : AX_NEVER;
	uint64_t owed = s->replay.sent > s->replay.acked ? s->owed_ns : AX_NEVER;
	uint64_t since = MIN(asked, owed), silent;

	if (s->phase != PHASE_UP || since == AX_NEVER)
		return AX_NEVER;
	silent = MAX(since, k->heard_ns) + MAX(SILENT_MIN_NS, SILENT_RTTS * k->rtt_ns);
	return owed == AX_NEVER ? silent :
	    MIN(silent, owed + MAX(DEAF_MIN_NS, DEAF_RTTS * k->rtt_ns));
}

void
session_claim(const struct session *s, const struct session_claim *peer,
    struct session_claim *out)
{
	*out = (struct session_claim){ .received = s->acks.received };
	out->epoch = s->role == SESSION_AGENT ? s->resume.epoch + 1 : peer->epoch;
	memcpy(out->id, s->resume.id, sizeof(out->id));
}

void
session_reconnect(struct session *s, const struct session_claim *own, bool mbb,
    uint64_t now_ns)
{
	session_set_now(s, now_ns);
	ax_assert(s->role == SESSION_AGENT && s->phase == PHASE_SUSPENDED);
	session_say_hello(s, CONTROL_HELLO_RESUME | (mbb ? CONTROL_HELLO_MBB : 0),
	    own);
	s->resume.epoch = own->epoch;
	s->phase = PHASE_HELLO;
	s->hello_by_ns = s->now_ns + HELLO_OK_NS;
	SESSION_VERIFY(s);
}

bool
session_on_resumed(struct session *s, struct control *c, struct session_event *ev)
{
	const struct session_claim *peer = &c->hello.claim;

	if (!s->resume.agreed || !(c->flags & CONTROL_HELLO_RESUME) ||
	    !(c->hello.features & AX_FEATURE_RESUME) ||
	    !session_is_claimed(s, peer) || peer->epoch != s->resume.epoch)
		return session_violated(s, AX_WIRE_PROTOCOL,
		    "HELLO_OK resumes another session, or the wrong way");
	s->hello = (struct session_hello){ .resumes = true, .claim = *peer };
	s->phase = PHASE_ANSWER;
	ev->type = SESSION_EV_RESUMED;
	ev->hello = &s->hello;
	return true;
}

bool
session_is_claimed(const struct session *s, const struct session_claim *peer)
{
	return memcmp(peer->id, s->resume.id, sizeof(peer->id)) == 0;
}

bool
session_claim_is_new(const struct session *s, const struct session_claim *peer)
{
	return peer->epoch > s->resume.epoch;
}

bool
session_is_unconfirmed(const struct session *s)
{
	return s->resume.unconfirmed;
}

uint16_t
session_resume(struct session *s, const struct session_claim *peer,
    const struct session_claim *own, uint64_t now_ns)
{
	bool relay = s->role == SESSION_RELAY;

	session_set_now(s, now_ns);
	ax_assert(s->phase == (relay ? PHASE_SUSPENDED : PHASE_ANSWER));
	if (!replay_rewind(&s->replay, peer->received, s->now_ns))
		return AX_WIRE_RESUME_GAP;
	s->resume.epoch = peer->epoch;
	s->resume.unconfirmed = relay;
	s->resume.until_ns = s->hello_by_ns = AX_NEVER;
	s->resume.count++;
	if (relay)
		session_say_hello_ok(s, own);
	s->phase = PHASE_UP;
	keepalive_start(&s->keepalive, s->now_ns);
	SESSION_VERIFY(s);
	return AX_WIRE_NO_ERROR;
}
