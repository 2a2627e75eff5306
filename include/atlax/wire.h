/* wire.h — numbers of the wire protocol ATLX/1 (doc/PROTOCOL). Changing one is
 * a compatibility event.                                                     */
#ifndef ATLAX_WIRE_H
#define ATLAX_WIRE_H

#define AX_WIRE_MAGIC 0x41544C58u /* "ATLX" */
#define AX_PROTOCOL_VERSION 1

#define AX_HEADER_LEN 8		/* StreamID u32 | Length u32 */
#define AX_STREAM_CONTROL 0u	/* stream 0 carries control messages */
#define AX_STREAM_DGRAM 0x80000000u /* bit 31: datagram (unreliable) */
#define AX_FRAME_MAX 16376	/* data payload: with the header one TLS record */
#define AX_FRAME_MAX_FLOOR 4096	/* the least max_frame a peer may announce */
#define AX_CONTROL_MIN 4
#define AX_CONTROL_MAX 4096
#define AX_CONTROL_BIG_MAX 16376 /* SERVICES */
#define AX_HELLO_MAX 1024
#define AX_REASON_MAX 128
#define AX_SERVICE_NAME_MAX 63
#define AX_SERVICES_MAX 256
#define AX_EXPOSES_MAX 16 /* of one agent */
#define AX_EXPOSED_TEXT_MAX 200
#define AX_CREDIT_AHEAD_MAX (16u << 20) /* a grant may be this far ahead */

#define AX_CTL_CRITICAL 0x80	/* flags: fail if the type is unknown */
#define AX_CTL_UNSEQUENCED 0x80 /* bit of the type: not counted, not replayed */

enum ax_control {
	AX_CTL_OPEN = 0x01,
	AX_CTL_OPENED = 0x02,
	AX_CTL_FIN = 0x03,
	AX_CTL_RESET = 0x04,
	AX_CTL_CREDIT = 0x05,
	AX_CTL_GOAWAY = 0x06,
	AX_CTL_SERVICES = 0x07,
	AX_CTL_RENEW = 0x08,
	AX_CTL_CERTIFICATE = 0x09,
	AX_CTL_TRUST = 0x0a,
	AX_CTL_TRUSTED = 0x0b,
	AX_CTL_EXPOSE = 0x0c,
	AX_CTL_EXPOSED = 0x0d,
	AX_CTL_HELLO = 0x80,
	AX_CTL_HELLO_OK = 0x81,
	AX_CTL_HELLO_ERR = 0x82,
	AX_CTL_ACK = 0x83,
	AX_CTL_PING = 0x84,
	AX_CTL_PONG = 0x85,
	AX_CTL_CLOSE = 0x86,
};

/* Features, offered in HELLO, agreed in HELLO_OK. */
#define AX_FEATURE_UDP (UINT64_C(1) << 0)
#define AX_FEATURE_RESUME (UINT64_C(1) << 1)
#define AX_FEATURE_VISITOR (UINT64_C(1) << 2)
#define AX_FEATURE_CERT_RENEW (UINT64_C(1) << 3)
#define AX_FEATURE_STREAM_CRC32C (UINT64_C(1) << 4)
#define AX_FEATURE_PROXY_SNI (UINT64_C(1) << 5)
#define AX_FEATURE_HOT_UPGRADE (UINT64_C(1) << 6)
#define AX_FEATURE_TRUST (UINT64_C(1) << 7)
#define AX_FEATURE_EXPOSE (UINT64_C(1) << 8)

#endif
