/* tree.h — a YAML file as a tree of mappings, lists and scalars, with the place
 * of each. Inside conf only; the only file that sees libyaml is tree.c.      */
#ifndef ATLAX_CONF_TREE_H
#define ATLAX_CONF_TREE_H

#include "base/err.h"
#include "base/slice.h"

struct place {
	unsigned line, column; /* from 1 */
};

enum node_kind { NODE_SCALAR, NODE_MAPPING, NODE_LIST };

struct node {
	enum node_kind kind;
	struct place at;
	char *text;	  /* scalar: no NUL and no control character inside */
	struct node *kids; /* mapping: key, value, key, value, ... */
	size_t n, cap;	  /* kids */
};

/* Thread: any. Owns: the tree is the caller's. name appears in errors. Refuses
 * what a configuration does not need: anchors, aliases, tags, a second document,
 * keys that are not scalars, deep nesting.
 * Fails: AX_E_SYNTAX with "name:line:column: ...", AX_E_NOMEM.               */
AX_CHECKED int tree_read(
    const char *name, struct slice text, struct node **out, struct err *e);
void tree_free(struct node **root);

#endif
