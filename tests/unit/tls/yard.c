/* yard.c — certificates, contexts and connections for tests.
 *
 * Thread: the only one. Invariant: what yard_init made, yard_fini removes.   */
#include "yard.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "tls/file.h"

#define DAY 86400

static const enum tls_role roles[] = { TLS_RELAY, TLS_AGENT };
enum { CERTIFICATE, KEY, CA, CRL };

static enum tls_role
other(enum tls_role role)
{
	return role == TLS_RELAY ? TLS_AGENT : TLS_RELAY;
}

static int64_t
now_s(void)
{
	return (int64_t)(clock_wall_ms() / 1000);
}

void
yard_write(const char *path, struct slice bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ax_assert(fd >= 0);
	ax_assert(write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	ax_assert(close(fd) == 0);
}

static void
make_ca(struct yard_ca *ca, const char *cn)
{
	uint8_t mem[256];
	struct der_out o;

	der_out_init(&o, ca->mem, sizeof(ca->mem));
	forge_name(&o, cn);
	ca->name = der_out_slice(&o);
	ax_assert(forge_key_new(&ca->key) == 0);
	der_out_init(&o, mem, sizeof(mem));
	forge_ca_extensions(&o);
	ax_assert(forge_cert(&(struct forge_cert){
		      .subject = ca->name, .issuer = ca->name,
		      .serial = slice_of("\x01", 1), .from = now_s() - DAY,
		      .to = now_s() + 30 * DAY,
		      .public_key = SLICE_OF_ARRAY(ca->key.public_key),
		      .extensions = der_out_slice(&o) }, &ca->key, &ca->der) == 0);
}

void
yard_leaf_der(struct yard *y, const struct yard_leaf *l, struct forge_key *key,
    struct blob *der)
{
	const struct yard_ca *ca = &y->ca[l->role];
	bool agent = l->role == TLS_AGENT;
	const char *name = l->name != NULL ? l->name :
	    agent			   ? "atlax://acme/nas" :
					     YARD_HOST;
	uint8_t purpose = l->purpose != 0 ? l->purpose : agent ? 2 : 1;
	uint8_t ext_mem[1024], name_mem[128];
	struct der_out ext, subject;

	der_out_init(&ext, ext_mem, sizeof(ext_mem));
	forge_leaf_extensions(
	    &ext, purpose, agent ? DER_CONTEXT(6) : DER_CONTEXT(2), name);
	der_out_init(&subject, name_mem, sizeof(name_mem));
	forge_name(&subject, agent ? "acme" : "relay");
	ax_assert(forge_key_new(key) == 0);
	ax_assert(forge_cert(&(struct forge_cert){
		      .subject = der_out_slice(&subject),
		      .issuer = l->issuer.n > 0 ? l->issuer : ca->name,
		      .serial = l->serial.n > 0 ? l->serial :
						  slice_of("\x42\x01", 2),
		      .from = now_s() + (l->from_s == 0 ? -DAY : l->from_s),
		      .to = now_s() + (l->to_s == 0 ? 7 * DAY : l->to_s),
		      .public_key = SLICE_OF_ARRAY(key->public_key),
		      .extensions = der_out_slice(&ext) },
		      l->signer != NULL ? l->signer : &ca->key, der) == 0);
}

void
yard_leaf(struct yard *y, const struct yard_leaf *l, struct credentials *out)
{
	struct blob der = { 0 };
	struct forge_key key;

	*out = (struct credentials){ 0 };
	yard_leaf_der(y, l, &key, &der);
	ax_assert(forge_pem(blob_slice(&der), &out->chain) == 0);
	ax_assert(forge_key_pem(&key, &out->key) == 0);
	blob_free(&der);
}

void
yard_sign(struct yard *y, enum tls_role role, struct slice tbs, struct blob *der)
{
	ax_assert(forge_sign(tbs, &y->ca[role].key, der) == 0);
}

void
yard_write_crl(struct yard *y, enum tls_role role, uint64_t number)
{
	const struct yard_ca *issuer = &y->ca[other(role)];
	struct forge_crl crl = { issuer->name, SLICE_OF_ARRAY(yard_revoked),
		number };
	struct blob der = { 0 };
	uint8_t pem[4096];
	int n;

	ax_assert(forge_crl(&crl, &issuer->key, &der) == 0);
	n = wc_DerToPem(der.p, (word32)der.n, pem, sizeof(pem), CRL_TYPE);
	ax_assert(n > 0);
	yard_write(y->path[CRL][role], slice_of(pem, (size_t)n));
	blob_free(&der);
}

static void
write_files(struct yard *y, enum tls_role role)
{
	struct yard_leaf l = { .role = role };
	struct credentials c;
	struct blob ca = { 0 };

	yard_leaf(y, &l, &c);
	ax_assert(forge_pem(blob_slice(&y->ca[other(role)].der), &ca) == 0);
	yard_write(y->path[CERTIFICATE][role], blob_slice(&c.chain));
	yard_write(y->path[KEY][role], blob_slice(&c.key));
	yard_write(y->path[CA][role], blob_slice(&ca));
	yard_write_crl(y, role, 1);
	credentials_fini(&c);
	blob_free(&ca);
}

void
yard_init(struct yard *y)
{
	static const char *const files[] = { "cert.pem", "key.pem", "ca.pem",
		"crl.pem" };
	struct err e;
	size_t i, f;

	*y = (struct yard){ .dir = "atlax-test-XXXXXX" };
	ax_assert(tls_boot(&e) == 0);
	ax_assert(mkdtemp(y->dir) != NULL);
	make_ca(&y->ca[TLS_AGENT], "Agents CA");
	make_ca(&y->ca[TLS_RELAY], "Relays CA");
	for (i = 0; i < 2; i++) {
		for (f = 0; f < ARRAY_LEN(files); f++)
			(void)snprintf(y->path[f][roles[i]],
			    sizeof(y->path[f][roles[i]]), "%s/%s-%s", y->dir,
			    roles[i] == TLS_RELAY ? "relay" : "agent", files[f]);
		write_files(y, roles[i]);
	}
}

struct tls_files
yard_files(struct yard *y, enum tls_role role)
{
	return (struct tls_files){ .certificate = y->path[CERTIFICATE][role],
		.key = y->path[KEY][role], .ca = y->path[CA][role],
		.crl = role == TLS_RELAY ? y->path[CRL][role] : NULL };
}

void
yard_open(struct yard *y)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		struct tls_files f = yard_files(y, roles[i]);
		struct err e = { 0 };

		if (tls_ctx_new(roles[i], &f, &y->ctx[roles[i]], &e) < 0) {
			fprintf(stderr, "%s\n", e.text);
			abort();
		}
	}
}

/* With all that a test or openssl has put there, under whatever name. */
static void
remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	ax_assert(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_type == DT_REG)
			ax_assert(unlinkat(dirfd(dir), entry->d_name, 0) == 0);
	(void)closedir(dir);
	ax_assert(rmdir(path) == 0);
}

void
yard_fini(struct yard *y)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		tls_ctx_free(&y->ctx[i]);
		blob_free(&y->ca[i].der);
	}
	remove_dir(y->dir);
	tls_shutdown();
}

void
yard_pair_init(struct yard *y, struct yard_pair *p)
{
	*p = (struct yard_pair){ .result = { AX_E_AGAIN, AX_E_AGAIN } };
	ax_assert(tls_conn_new(
		      y->ctx[TLS_RELAY], NULL, &p->conn[TLS_RELAY]) == 0);
	ax_assert(tls_conn_new(y->ctx[TLS_AGENT], YARD_HOST,
		      &p->conn[TLS_AGENT]) == 0);
}

void
yard_pair_fini(struct yard_pair *p)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		tls_conn_free(&p->conn[i]);
		buf_fini(&p->wire[i]);
	}
}

/* Gives role a piece of what the other has sent; false if there was nothing to
 * do.                                                                        */
static bool
shake_once(struct yard_pair *p, enum tls_role role, size_t chunk)
{
	struct buf *from = &p->wire[other(role)];
	struct slice s = buf_slice(from);
	uint8_t *copy;

	if (p->result[role] != AX_E_AGAIN)
		return false;
	s.n = MIN(s.n, chunk);
	copy = malloc(s.n + 1); /* exact, for the sanitizer */
	ax_assert(copy != NULL);
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	buf_consume(from, s.n);
	tls_conn_feed(p->conn[role], slice_of(copy, s.n));
	p->result[role] = tls_conn_handshake(
	    p->conn[role], &p->wire[role], 0, &p->err[role]);
	free(copy);
	return s.n > 0;
}

void
yard_shake(struct yard_pair *p, size_t chunk)
{
	bool moved = true;

	(void)shake_once(p, TLS_AGENT, chunk); /* says hello */
	while (moved) {
		moved = shake_once(p, TLS_RELAY, chunk);
		moved = shake_once(p, TLS_AGENT, chunk) || moved;
	}
}

int
yard_read(struct yard_pair *p, enum tls_role role, struct buf *out)
{
	struct buf *from = &p->wire[other(role)];
	uint8_t *room;
	size_t n;
	int r;

	tls_conn_feed(p->conn[role], buf_slice(from));
	do {
		room = buf_reserve(out, 2 * TLS_RECORD_MAX);
		ax_assert(room != NULL);
		r = tls_conn_read(p->conn[role], room, 2 * TLS_RECORD_MAX, &n,
		    &p->wire[role], clock_mono_ns(), &p->err[role]);
		if (r == 0)
			buf_commit(out, n);
	} while (r == 0);
	buf_consume(from, buf_len(from));
	return r;
}

int
yard_openssl(const char *const argv[])
{
	int status, null;
	pid_t pid = fork();

	ax_assert(pid >= 0);
	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null >= 0) {
			(void)dup2(null, 0);
			(void)dup2(null, 1);
			(void)dup2(null, 2);
		}
		execvp("openssl", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	ax_assert(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
