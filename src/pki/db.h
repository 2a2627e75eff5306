/* db.h — what a CA remembers: every certificate it made, which are revoked, and
 * the number of the last CRL. One text file, a line per certificate, that
 * people can read. Thread: owner. */
#ifndef ATLAX_PKI_DB_H
#define ATLAX_PKI_DB_H

#include "pki/cert.h"

#define DB_TIME_TEXT   24 /* "2026-01-31T12:00:00Z" */
#define DB_SERIAL_TEXT (2 * CERT_SERIAL_LEN + 1)

struct db_row {
	uint8_t serial[CERT_SERIAL_LEN];
	enum cert_kind kind;
	int64_t not_before, not_after; /* Unix seconds */
	int64_t revoked;               /* Unix seconds; 0: it is not */
	bool fresh;                    /* revoked by this process; not stored */
	char names[RELAY_NAMES_TEXT];  /* agent's name, relay's names, CA's name
					*/
};

struct db {
	struct db_row *rows; /* oldest first */
	size_t n, cap;
	uint64_t crl_number; /* of the last CRL; 0: none yet */
};

void db_fini(struct db *db);
/* Takes the next row, zeroed; NULL: out of memory. */
struct db_row *db_add(struct db *db);

/* Fills a zeroed db. Fails: AX_E_SYNTAX with the line, AX_E_NOMEM; db is to be
 * ended either way.                                                          */
AX_CHECKED int db_parse(struct db *db, struct slice text, struct err *e);
/* Appends the file. Fails: AX_E_NOMEM. */
AX_CHECKED int db_print(const struct db *db, struct buf *out);

/* The two forms that people see. Units: Unix seconds. */
void db_time_text(int64_t unix_s, char out[DB_TIME_TEXT]);
/* False: it is no such text. */
bool db_time_parse(struct slice s, int64_t *out);
void
db_serial_text(const uint8_t serial[CERT_SERIAL_LEN], char out[DB_SERIAL_TEXT]);
/* 32 hexadecimal digits of either case. */
bool db_serial_parse(struct slice text, uint8_t out[CERT_SERIAL_LEN]);

#endif
