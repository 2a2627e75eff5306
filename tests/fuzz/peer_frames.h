/* peer_frames.h — frames as a peer would write them, valid where the choices
 * are, so that mutations reach behind the first check. Independent of
 * src/proto: it writes the bytes that doc/PROTOCOL says.                     */
#ifndef ATLAX_TESTS_FUZZ_PEER_FRAMES_H
#define ATLAX_TESTS_FUZZ_PEER_FRAMES_H

#include "base/cursor.h"
#include "fuzz.h"

/* What the frames are about. */
struct peer {
	bool is_agent;
	uint32_t last_id;  /* of its own streams, in what it has opened */
	uint64_t heard;	   /* sequenced bytes it could acknowledge */
	bool resumes;	   /* says in its hello that the session goes on, */
	uint32_t epoch;	   /* at this attempt */
};

/* Writes the hello this peer would send. */
void peer_hello(const struct peer *p, struct choices *c, struct writer *w);
/* Writes one frame that the choices select. */
void peer_frame(struct peer *p, struct choices *c, struct writer *w);

#endif
