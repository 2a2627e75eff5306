/* kept.c — see kept.h. Thread: control. */
#include "relay/kept.h"

static void
set_aside(struct relay *r, const struct kept *k, const struct buf *text)
{
	struct err e = { 0 };

	if (store_replace(revoke_state(r), k->rejected, STORE_PUBLIC, buf_slice(text),
	    &e) < 0)
		log_error(r->log, "the file could not be copied",
		    LOG_STR("reason", e.text));
}

int
kept_read(struct relay *r, const struct kept *k, void *of, struct err *e)
{
	struct buf text;
	int rc;

	buf_init(&text);
	rc = store_read(revoke_state(r), k->file, STORE_PUBLIC, &text, e);
	if (rc == AX_E_NOTFOUND)
		rc = 0;
	else if (rc == 0)
		rc = k->parse(of, k->file, buf_slice(&text), e);
	if (rc < 0 && rc != AX_E_NOMEM) {
		/* No reason to serve nobody; nor to lose somebody's work. */
		log_error(r->log, k->unread, LOG_STR("copy", k->rejected),
		    LOG_STR("reason", e->text));
		set_aside(r, k, &text);
		rc = 0;
	}
	buf_fini(&text);
	return rc;
}

static int
write_file(struct relay *r, const struct kept *k, const void *of, struct err *e)
{
	struct buf text;
	int rc;

	buf_init(&text);
	rc = k->print(of, &text);
	if (rc < 0)
		(void)err_set(e, rc, "no memory to write %s", k->file);
	else
		rc = store_replace(
		    revoke_state(r), k->file, STORE_PUBLIC, buf_slice(&text), e);
	buf_fini(&text);
	return rc;
}

bool
kept_write(struct relay *r, const struct kept *k, const void *of)
{
	struct err e = { 0 };

	if (write_file(r, k, of, &e) == 0) {
		revoke_alarm(r, k->alarm, NULL);
		return true;
	}
	if (!revoke_has_alarm(r, k->alarm))
		log_error(r->log, k->unwritten, LOG_STR("reason", e.text));
	revoke_alarm(r, k->alarm, &e);
	return false;
}
