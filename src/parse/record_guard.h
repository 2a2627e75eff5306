/* record_guard.h — watches the record headers of what a peer sends: sizes that
 * the library must never see, and floods of records that carry nothing
 * (doc/THREATS). RFC 8446 section 5. Pure. Thread: owner.                    */
#ifndef ATLAX_PARSE_RECORD_GUARD_H
#define ATLAX_PARSE_RECORD_GUARD_H

#include "base/err.h"
#include "base/slice.h"

struct record_guard {
	uint8_t head[5];
	uint8_t head_len;
	bool handshake;		/* until record_guard_established */
	uint32_t body_left;
	uint32_t records;	/* in the handshake, or since the last reset */
	uint32_t handshake_bytes;
	uint32_t ccs;
	uint64_t window_ns;	/* start of the current second */
	uint32_t idle_records;	/* in it: records that gave no data */
};

void record_guard_init(struct record_guard *g);
void record_guard_established(struct record_guard *g);
/* Looks at bytes before the library does. Refuses: a type other than 20, 22, 23
 * (21 is let through: an alert ends the connection); type 23 shorter than 17 or
 * longer than 16640; more than one ChangeCipherSpec; in the handshake more than
 * 16 records or 24 KiB; afterwards anything but 23 and 21 in the clear.
 * Fails: AX_E_PEER with the reason.                                          */
AX_CHECKED int record_guard_feed(struct record_guard *g, struct slice in, struct err *e);
/* The library was given some records and delivered plain bytes of them; more
 * than 64 records a second that deliver nothing (KeyUpdate, empty records) are a
 * flood. Call after each read: records consumed, of them with data.
 * Fails: AX_E_PEER.                                                          */
AX_CHECKED int record_guard_productive(struct record_guard *g, uint32_t records,
    uint32_t with_data, uint64_t now_ns, struct err *e);

#endif
