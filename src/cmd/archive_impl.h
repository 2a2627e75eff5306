/* archive_impl.h — what the writer and the reader of archives share.
 * Thread: the only one.                                                      */
#ifndef ATLAX_CMD_ARCHIVE_IMPL_H
#define ATLAX_CMD_ARCHIVE_IMPL_H

#include "cmd/archive.h"
#include "cmd/ustar.h"
#include "tls/wolf.h"

#define ARCHIVE_FORMAT "atlax-backup-"
#define ARCHIVE_TOP ARCHIVE_FORMAT "1"
#define ARCHIVE_MANIFEST ARCHIVE_TOP "/MANIFEST"
#define ARCHIVE_MODES 0755u /* what others may do at most */
#define ARCHIVE_USER "atlax"
#define ARCHIVE_PIECE ((size_t)64 << 10)

/* A file's bytes go by: counted, and hashed. */
struct archive_hash {
	wc_Sha256 sha;
	uint8_t digest[WC_SHA256_DIGEST_SIZE];
};

/* Adds a member's line. Fails: AX_E_NOMEM. */
AX_CHECKED int archive_line(
    struct buf *manifest, const struct ustar *u, const struct archive_hash *h);
/* The head of the manifest itself, of so many bytes. */
void archive_manifest(struct ustar *u, uint64_t size, uint64_t made);
/* A name of ours: no blanks, no "..", below the top. */
AX_CHECKED bool archive_is_name(const char *name);
/* How many bytes of zero follow so many. */
static inline size_t
archive_padding(uint64_t size)
{
	return (size_t)(-size & (USTAR_BLOCK - 1));
}

#endif
