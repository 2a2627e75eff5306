/* pump.h — private to link/: the link as its files see it, and what a splice
 * does when the link says so. Thread: the loop's.
 *
 * One task of the loop, link.pump, does everything, once a turn at most:
 * receive (link_rx.c), send (link_tx.c), then close or set the timer (link.c).
 * Callbacks of the loop only note what happened and defer it, so that all that
 * became ready in a turn shares records and one send.                        */
#ifndef ATLAX_LINK_PUMP_H
#define ATLAX_LINK_PUMP_H

#include "link/link.h"
#include "tls/resume.h"

#define LINK_TURN (256u << 10)	/* bytes each way of a link, in a turn */
/* Work (io/share.h): a byte counts once for each system call that moves it. The
 * rest is what a call, a frame and a step of a handshake cost, in bytes.     */
#define LINK_CALL 2048u
#define LINK_FRAME 256u
#define LINK_STEP SHARE_TURN
#define LINK_GULP_MIN TLS_RECORD_MAX
#define LINK_LOWAT (256u << 10) /* on a fast path; see tune_socket() */
#define LINK_BURST_MIN (16u << 10)
/* Of the backlog, what is not reserved: the smallest burst, which may end with
 * another record.                                                            */
#define LINK_BACKLOG (2 * LINK_BURST_MIN + 1024)
#define LINK_PIECES 1024	/* of all splices of a link, between two flushes */
#define SPLICE_PIECES 64	/* of one splice, in one sendmsg */

/* A slice of the plaintext area on its way to a socket. */
struct piece {
	struct slice data;
	uint16_t next; /* index of the splice's next one */
};

struct link_scratch {
	struct buf out; /* ciphertext of the link whose turn it is */
	uint16_t n_pieces;
	struct piece pieces[LINK_PIECES];
	uint8_t gather[TLS_RECORD_MAX];
	uint8_t cipher[LINK_TURN];
	/* All that one feed can decrypt to: what came now, and a record that
	 * was waiting for its end. */
	uint8_t plain[LINK_TURN + TLS_READ_MIN];
};

enum link_state {
	LINK_HANDSHAKE, /* TLS, then (relay) HELLO or (agent) HELLO_OK */
	LINK_UP,
	LINK_CLOSING, /* the last words are on their way */
	LINK_LINGER,  /* the kernel has them; the peer's end is awaited */
	LINK_AWAY,    /* between two connections; the session is suspended */
	LINK_DOWN,    /* nothing is left but to tell the owner */
};

struct link {
	struct task pump;
	struct watch watch;
	struct loop *loop; /* NULL: between two of them */
	struct share *share;
	int adrift; /* the socket, meanwhile; or -1 */
	uint64_t work; /* done in this turn */
	uint64_t worked; /* in all turns before */
	struct link_scratch *scratch;
	struct tls_conn *tls;
	struct session *session; /* NULL until TLS is established */
	enum link_state state;
	bool pumping;	/* inside of pump(): must not be freed */
	bool readable;	/* no EAGAIN or short read since the last edge */
	bool until_end; /* HUP came: a short read does not mean empty */
	bool blocked;	/* the socket is full: wait for LOOP_OUT */
	bool more;	/* the turn's share ended before the bytes did */
	bool doubted;	/* the owner was told */
	bool is_agent;
	struct buf backlog; /* ciphertext that the socket refused */
	struct alloc *alloc; /* the session's, that counts what lies there */
	size_t reserved;     /* so much of it */
	size_t gulp;	    /* what to receive at a time, not to be too much work */
	size_t burst;	    /* plaintext per send: what the socket took lately */
	uint32_t lowat;	    /* unsent bytes that the kernel may hold */
	uint64_t tuned_ns;  /* when that was looked at last */
	struct list splices, dirty;
	struct wheel_timer timer;
	uint64_t timer_ns;    /* what the timer is set to; AX_NEVER: unset */
	uint64_t gate_ns;     /* ClientHello must be there; AX_NEVER: is */
	uint64_t deadline_ns; /* of the handshake, then of the closing */
	uint64_t up_since_ns;
	const struct link_ops *ops;
	void *owner;
	struct addr peer;
	struct tls_peer proven; /* once TLS is established, also while away */
	const char *cipher;
	struct resume_keys keys; /* of the session, if it is resumable */
	struct link *heir;	 /* takes this connection at the end of the turn */
	uint64_t away_ns;	 /* since when; 0: it has a connection */
	struct link_down why;
};

/* link.c: the first reason counts; from then on the link only says its last
 * words. wire: 0 if none is spoken: then the link is away, if its session can go
 * on without this connection. e: copied.                                     */
void link_fail(struct link *l, uint16_t wire, bool by_peer, const struct err *e);
/* The connection itself is of no use any more: there are no last words. */
void link_lose(struct link *l, bool by_peer, const struct err *e);

/* link_resume.c: the session is new: from here on it can be proven. */
AX_CHECKED int link_keys_begin(struct link *l);
/* The connection is of no use to l any more; its session stays as it is. */
void link_leave_connection(struct link *l);
/* Gives the connection to l's heir. */
void link_give(struct link *l);
/* Agent: the relay's answer. */
void link_on_resumed(struct link *l, const struct session_event *ev);

/* A system call moved n bytes (or failed to: n <= 0). */
static inline void
link_called(struct link *l, ssize_t n)
{
	l->work += LINK_CALL + (n > 0 ? (uint64_t)n : 0);
}

/* link_freeze.c reads it in place of what link_new makes; link.c. */
struct link *link_alloc(const struct link_args *a);

/* link_rx.c, link_tx.c: one turn's share. */
void link_receive(struct link *l);
void link_transmit(struct link *l);
void link_drop_backlog(struct link *l);

/* splice.c: events of the session. data lies in the plaintext area until the
 * next splice_flush_all, or (a frame that came in parts) anywhere.           */
void splice_on_data(struct splice *s, struct slice data);
void splice_on_fin(struct splice *s);
void splice_on_reset(struct splice *s, uint16_t code);
void splice_on_opened(struct splice *s);
/* It is its turn: reads up to quantum bytes of the socket into the ring, adds
 * their number to *n. The splice may end. Fails: AX_E_NOMEM.                 */
AX_CHECKED int splice_read(struct splice *s, size_t quantum, size_t *n);
/* One write for each splice that got pieces. */
void splice_flush_all(struct link *l);
/* One that failed to begin ends; see link_suspend. */
void splice_end_stillborn(struct link *l);
/* brake.c has made it rest, and it may go on reading. */
void splice_wake(struct splice *s);
void splice_set_braked(struct splice *s, bool on);
/* Before the session is frozen: what would be lost is done. */
void splice_settle_all(struct link *l);
void splice_freeze(struct splice *s, struct frost *f);
/* Reads s, which is initialised, as one of l. Fails: AX_E_SYNTAX, AX_E_NOMEM,
 * AX_E_SYS.                                                                  */
AX_CHECKED int splice_thaw(struct splice *s, struct link *l, struct frost *f);
/* Ends every splice with SESSION_LOST. */
void splice_lose_all(struct link *l);

#endif
