/* ustar.h — the heads of a tar file's members, as POSIX has them: what is needed so
 * that tar(1) reads what atlax backup writes, and nothing more. Thread: any.  */
#ifndef ATLAX_CMD_USTAR_H
#define ATLAX_CMD_USTAR_H

#include "base/defs.h"

#define USTAR_BLOCK 512 /* bytes: of a head, and what sizes are rounded up to */
#define USTAR_NAME_MAX 99
#define USTAR_SIZE_MAX ((UINT64_C(1) << 33) - 1) /* bytes */

struct ustar {
	char name[USTAR_NAME_MAX + 1]; /* a directory's ends with a slash */
	bool directory;
	uint32_t mode;
	uint64_t size;	/* bytes; 0 of a directory */
	uint64_t mtime; /* Unix seconds, up to 2^33-1 */
	char user[32];	/* whose it is; empty: nobody in particular */
};

void ustar_write(const struct ustar *u, uint8_t out[USTAR_BLOCK]);
/* Only what ustar_write writes, byte for byte: no links, no devices, no other
 * dialects. False: it is something else.                                     */
AX_CHECKED bool ustar_read(const uint8_t in[USTAR_BLOCK], struct ustar *out);

#endif
