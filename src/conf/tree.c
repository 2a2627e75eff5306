/* tree.c — libyaml's events to a tree that is small and holds no surprises.
 *
 * Thread: any. YAML has many ways to say something else than what one sees
 * (aliases, tags, merge keys, several documents); all of them are refused.
 * Invariant: the depth of the recursion is bounded, whatever the file says.  */
#include "conf/tree.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/defs.h"

#define DEPTH_MAX 16

struct builder {
	yaml_parser_t parser;
	const char *name;
	struct err *e;
};

static int
fail(struct builder *b, yaml_mark_t at, const char *what)
{
	return err_set(b->e, AX_E_SYNTAX, "%s:%zu:%zu: %s",
	    b->name, at.line + 1, at.column + 1, what);
}

static int
next(struct builder *b, yaml_event_t *ev)
{
	const yaml_parser_t *p = &b->parser;

	if (yaml_parser_parse(&b->parser, ev))
		return 0;
	if (p->error == YAML_MEMORY_ERROR)
		return err_set(b->e, AX_E_NOMEM, "%s: out of memory", b->name);
	if (p->error == YAML_READER_ERROR)
		return err_set(b->e, AX_E_SYNTAX,
		    "%s: byte %zu: %s; save the file as UTF-8 text", b->name,
		    p->problem_offset, p->problem);
	return err_set(b->e, AX_E_SYNTAX,
	    "%s:%zu:%zu: %s; look at indentation, colons and quotes", b->name,
	    p->problem_mark.line + 1, p->problem_mark.column + 1,
	    p->problem == NULL ? "not YAML" : p->problem);
}

/* A zeroed child of n, valid until the next one is made. */
static struct node *
add_kid(struct node *n)
{
	size_t cap = n->cap == 0 ? 8 : n->cap * 2;
	struct node *kids;

	if (n->n == n->cap) {
		kids = realloc(n->kids, cap * sizeof(*kids));
		if (kids == NULL)
			return NULL;
		n->kids = kids;
		n->cap = cap;
	}
	n->kids[n->n] = (struct node){ .kind = NODE_SCALAR };
	return &n->kids[n->n++];
}

static const char *
what_is_refused(const yaml_event_t *ev)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (ev->type == YAML_ALIAS_EVENT)
		return "aliases (*name) are not used here; write the value again";
	if (ev->type == YAML_SCALAR_EVENT) {
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
	} else if (ev->type == YAML_MAPPING_START_EVENT) {
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
	}
	if (anchor != NULL)
		return "anchors (&name) are not used here; leave it out";
	if (tag != NULL)
		return "tags (!name) are not used here; leave it out";
	return NULL;
}

static int
scalar(struct builder *b, struct node *n, const yaml_event_t *ev)
{
	const yaml_char_t *p = ev->data.scalar.value;
	size_t len = ev->data.scalar.length;

	for (size_t i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return fail(b, ev->start_mark,
			    "there is a control character or line break in the value; "
			    "write it on one line");
	n->text = calloc(1, len + 1);
	if (n->text == NULL)
		return err_set(b->e, AX_E_NOMEM, "%s: out of memory", b->name);
	memcpy(n->text, p, len);
	return 0;
}

static int value(struct builder *b, struct node *n, const yaml_event_t *ev, int depth);

/* Children until the end of the mapping or list. */
static int
children(struct builder *b, struct node *n, int depth)
{
	yaml_event_t ev;
	struct node *kid;
	int r = 0;

	while (r == 0) {
		r = next(b, &ev);
		if (r < 0)
			return r;
		if (ev.type == YAML_MAPPING_END_EVENT || ev.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&ev);
			return 0;
		}
		kid = add_kid(n);
		if (kid == NULL)
			r = err_set(b->e, AX_E_NOMEM, "%s: out of memory", b->name);
		else if (n->kind == NODE_MAPPING && n->n % 2 == 1 &&
		    ev.type != YAML_SCALAR_EVENT && ev.type != YAML_ALIAS_EVENT)
			r = fail(b, ev.start_mark, "a key must be a word");
		else
			r = value(b, kid, &ev, depth + 1);
		yaml_event_delete(&ev);
	}
	return r;
}

static int
value(struct builder *b, struct node *n, const yaml_event_t *ev, int depth)
{
	const char *refused = what_is_refused(ev);

	n->at.line = (unsigned)ev->start_mark.line + 1;
	n->at.column = (unsigned)ev->start_mark.column + 1;
	if (refused != NULL)
		return fail(b, ev->start_mark, refused);
	if (depth > DEPTH_MAX)
		return fail(b, ev->start_mark, "nested too deeply; no key needs that");
	if (ev->type == YAML_SCALAR_EVENT)
		return scalar(b, n, ev);
	n->kind = ev->type == YAML_MAPPING_START_EVENT ? NODE_MAPPING : NODE_LIST;
	return children(b, n, depth);
}

/* After the root: the end of the document and of the file. */
static int
finish(struct builder *b)
{
	yaml_event_t ev;
	bool done = false;
	int r = 0;

	while (r == 0 && !done) {
		r = next(b, &ev);
		if (r < 0)
			return r;
		done = ev.type == YAML_STREAM_END_EVENT;
		if (ev.type == YAML_DOCUMENT_START_EVENT)
			r = fail(b, ev.start_mark,
			    "a second document begins; write everything into one");
		yaml_event_delete(&ev);
	}
	return r;
}

/* Skips to the first event of the document. An empty file has none. */
static int
begin(struct builder *b, yaml_event_t *ev)
{
	int r;

	for (;;) {
		r = next(b, ev);
		if (r < 0)
			return r;
		if (ev->type == YAML_STREAM_END_EVENT) {
			yaml_event_delete(ev);
			return err_set(b->e, AX_E_SYNTAX,
			    "%s:1:1: the file is empty; see its manual page for an example",
			    b->name);
		}
		if (ev->type != YAML_STREAM_START_EVENT &&
		    ev->type != YAML_DOCUMENT_START_EVENT)
			return 0;
		yaml_event_delete(ev);
	}
}

static int
build(struct builder *b, struct node *root)
{
	yaml_event_t ev;
	int r;

	r = begin(b, &ev);
	if (r < 0)
		return r;
	r = value(b, root, &ev, 0);
	yaml_event_delete(&ev);
	return r < 0 ? r : finish(b);
}

int
tree_read(const char *name, struct slice text, struct node **out, struct err *e)
{
	struct builder b = { .name = name, .e = e };
	struct node *root = calloc(1, sizeof(*root));
	int r = AX_E_NOMEM;

	if (root == NULL || !yaml_parser_initialize(&b.parser)) {
		free(root);
		return err_set(e, AX_E_NOMEM, "%s: out of memory", name);
	}
	yaml_parser_set_input_string(&b.parser, text.p, text.n);
	/* Without this a byte order mark would choose UTF-16. */
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	r = build(&b, root);
	yaml_parser_delete(&b.parser);
	if (r < 0)
		tree_free(&root);
	else
		*out = root;
	return r;
}

static void
node_fini(struct node *n)
{
	for (size_t i = 0; i < n->n; i++)
		node_fini(&n->kids[i]);
	free(n->kids);
	free(n->text);
}

void
tree_free(struct node **root)
{
	if (*root != NULL)
		node_fini(*root);
	free(*root);
	*root = NULL;
}
