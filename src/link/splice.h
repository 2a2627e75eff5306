/* splice.h — a TCP or Unix stream socket tied to a stream of a session: bytes
 * pass both ways with back-pressure and half-close. Bytes towards the peer stay
 * in the socket until the scheduler asks; bytes from the peer go straight to
 * the socket, and only what it refuses is kept, bounded by the credit granted.
 * The same code on relay (public socket) and agent (local service).
 *
 * Thread: the loop's, for every function here.                               */
#ifndef ATLAX_LINK_SPLICE_H
#define ATLAX_LINK_SPLICE_H

#include "base/frost.h"
#include "io/loop.h"
#include "proto/session.h"

struct brake;
struct link;
struct splice;

struct splice_ops {
	/* It is over: the socket is closed, the stream released, the splice off
	 * every list; free it here. code: 0 both halves ended in order, else the
	 * stream error that ended it; by_peer: the other side of the tunnel said so. */
	void (*closed)(struct splice *s, uint16_t code, bool by_peer);
	/* The peer's dial succeeded (opener only); may be NULL. */
	void (*opened)(struct splice *s);
	/* Writes what the owner needs to know it again (thaw of link_ops); NULL
	 * where nothing goes to another process.                             */
	void (*freeze)(struct splice *s, struct frost *f);
	/* The brake that is on (brake.h); NULL where there never is one. */
	struct brake *(*brake)(struct splice *s);
};

struct splice {
	struct watch watch;
	struct list link_entry;  /* all splices of a link */
	struct list dirty_entry; /* those with bytes to flush in this turn */
	struct link *link;
	struct stream *stream;
	const struct splice_ops *ops;
	struct buf rx;		/* what the socket has not taken yet */
	uint64_t bytes_in;	/* socket → tunnel */
	uint64_t bytes_out;	/* tunnel → socket */
	uint16_t state;		/* SPLICE_ bits, private to splice.c */
	uint16_t first_piece;	/* private: slices gathered in this turn */
	uint16_t last_piece;
	uint8_t n_pieces;
};

void splice_init(struct splice *s, const struct splice_ops *ops);
/* Ties s to st of l (stream_set_user) without a socket yet: what arrives is kept
 * within the initial credit. The stream is the splice's from now on.         */
void splice_join(struct splice *s, struct link *l, struct stream *st);
/* Gives it the connected, non-blocking socket, taken. Pumping begins.
 * Fails: AX_E_SYS, AX_E_NOMEM: the splice ends itself at the end of the turn
 * with OVERLOAD (closed() is called).                                        */
void splice_attach(struct splice *s, int fd);
/* Ends it now: RESET(code) to the peer, RST on the socket, then closed(), from
 * within this call.                                                          */
void splice_abort(struct splice *s, uint16_t code);

#endif
