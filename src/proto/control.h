/* control.h — the messages of stream 0, from bytes to structs and back. One
 * struct for both directions, so that what is written can be read again.
 * Pure. Thread: any.                                                         */
#ifndef ATLAX_PROTO_CONTROL_H
#define ATLAX_PROTO_CONTROL_H

#include "base/cursor.h"
#include "proto/session.h"

#define CONTROL_HELLO_RESUME 0x01 /* HELLO_OK: RESUMED */
#define CONTROL_HELLO_MBB 0x02 /* the old connection may still be alive */

#define CONTROL_WINDOW_MIN (16u << 10)
#define CONTROL_WINDOW_MAX (1u << 20)
#define CONTROL_RING_MIN (64u << 10)
#define CONTROL_RING_MAX (64u << 20)
#define CONTROL_PING_MIN_MS 5000
#define CONTROL_PING_MAX_MS 300000
#define CONTROL_LANES_MAX 16

/* Sizes of whole frames that are written without asking for more room. */
#define CONTROL_SMALL_MAX 32
#define CONTROL_OPEN_MAX (AX_HEADER_LEN + 16 + 32 + AX_SERVICE_NAME_MAX + 1)
#define CONTROL_CLOSE_MAX (AX_HEADER_LEN + 8 + AX_REASON_MAX)
#define CONTROL_HELLO_LEN_MAX (AX_HEADER_LEN + 126 + 3 * 2 + 32 + 64 + 32)

/* HELLO and HELLO_OK share most fields and their places. */
struct control_hello {
	uint16_t ver_min, ver_max; /* HELLO; HELLO_OK: both the version chosen */
	uint16_t max_streams;
	uint64_t features;
	uint8_t id[16];
	uint8_t worker;		/* HELLO_OK */
	uint8_t lane;		/* HELLO */
	uint8_t lanes;		/* wanted, granted */
	uint16_t resume_ttl_s;	/* HELLO_OK */
	uint32_t init_window, max_frame, ring;
	uint64_t wall_ms;
	struct session_claim claim; /* zero in a new session's HELLO */
	uint32_t ping_ms;	/* HELLO_OK */
	struct slice software, hostname, os; /* empty: not said */
};

struct control {
	uint8_t type;  /* enum ax_control, or any other if not known */
	uint8_t flags;
	bool known;
	unsigned strange; /* read: TLVs of unknown type that were skipped */
	union {
		struct control_hello hello;
		struct {
			uint16_t code, ver_min, ver_max;
			uint32_t retry_ms;
			struct slice reason;
		} hello_err;
		struct {
			uint32_t id;
			struct session_open what;
		} open;
		struct {
			uint32_t id;
			uint64_t offset;
		} credit; /* OPENED and CREDIT */
		struct {
			uint32_t id;
			uint64_t offset;
			uint32_t crc;
		} fin;
		struct {
			uint32_t id;
			uint16_t code;
		} reset;
		struct {
			uint16_t code;
			struct session_goaway when;
		} goaway;
		struct {
			uint32_t version;
			uint16_t count;
			struct slice entries; /* checked; control_service */
		} services;
		struct {
			struct slice request;
		} renew;
		struct session_certificate certificate;
		struct {
			struct slice bundle;
		} trust;
		struct {
			uint64_t sequence;
		} trusted;
		struct {
			uint8_t count;
			struct slice entries; /* checked; session_expose_next */
		} expose; /* EXPOSE and EXPOSED */
		struct {
			uint64_t opaque; /* PING, PONG */
			uint64_t seq;	 /* ACK, PONG */
			uint32_t hold_us; /* PONG */
		} ping;
		struct {
			uint16_t code;
			struct slice reason;
		} close;
	};
};

/* Reads one message, the payload of a frame on stream 0; slices of *c borrow
 * from it. Returns AX_WIRE_NO_ERROR, or the code to close with. An unknown type
 * without CRITICAL is no error: known is false then.                         */
uint16_t control_get(struct control *c, struct slice body);

/* Writes c as a whole frame, header included; w->bad if it does not fit. */
void control_put(struct writer *w, const struct control *c);

/* The next entry of a SERVICES message. r reads services.entries, which
 * control_get has checked, or is being written.                              */
void control_service_get(struct reader *r, struct session_service *s);
void control_service_put(struct writer *w, const struct session_service *s);
/* Are these n entries of EXPOSE, or of EXPOSED (answer), and nothing else? */
bool session_expose_is_list(struct slice entries, size_t n, bool answer);
/* [a-z0-9._-]{1,63} */
bool control_is_name(struct slice name);

#endif
