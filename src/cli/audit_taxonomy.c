/*
 * hallmark audit taxonomy: the questions of IP 9. What follows from keys
 * and their limits is worked out, so that it cannot be out of date; the rest is what
 * people wrote into hallmark.ini, and what nobody answered is said.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/taxonomy.h"
#include "cli/audit.h"

#define ANSWER_MAX   1024
#define PRODUCTS_MAX 4096

struct products {
	unsigned len;
	char names[PRODUCTS_MAX][PRODUCT_NAME_MAX + 1];
};

/* --- what the home knows --- */

/* Of the product's own keys and those of any; product NULL: of all. Only keys that
 * sign, or will. */
static bool
serves(
    const struct audited_key *k, enum key_purpose purpose, const char *product)
{
	unsigned i;

	if (k->purpose != purpose || k->levels == 0 ||
	    (strcmp(k->state, "active") != 0 &&
		strcmp(k->state, "draining") != 0 &&
		strcmp(k->state, "signed") != 0))
		return false;
	for (i = 0; product != NULL && i < k->products_len; i++)
		if (strcmp(k->products[i], product) == 0)
			return true;
	return product == NULL || k->products_len == 0;
}

/* One more item of a list, unless it is there. */
static void
add_item(struct buf *list, const char *item)
{
	const char *text = (const char *)list->ptr;
	size_t len = strlen(item), i;

	for (i = 0; i + len <= list->len; i++)
		if (memcmp(text + i, item, len) == 0 &&
		    (i == 0 || text[i - 1] == ' ') &&
		    (i + len == list->len || text[i + len] == ','))
			return;
	(void)buf_printf(list, "%s%s", list->len == 0 ? "" : ", ", item);
}

static void
describe_level(const struct audited_key *k, struct buf *out)
{
	char item[40];

	snprintf(item, sizeof(item), "%llu", (unsigned long long)k->levels);
	add_item(out, item);
}

static void
describe_time(const struct audited_key *k, struct buf *out)
{
	char item[40] = "no limit";

	if (k->months != 0)
		snprintf(item, sizeof(item), "%llu months",
		    (unsigned long long)k->months);
	add_item(out, item);
}

static void
describe_number(const struct audited_key *k, struct buf *out)
{
	char item[40] = "no limit";

	if (k->has_limit)
		snprintf(
		    item, sizeof(item), "%llu", (unsigned long long)k->limit);
	add_item(out, item);
}

static void
describe_algorithm(const struct audited_key *k, struct buf *out)
{
	add_item(out, k->algorithm);
}

/* Of a root whose ceremony nobody shows, people must tell. */
static void
describe_storage(const struct audit *a, enum key_purpose purpose,
    const char *product, struct buf *out)
{
	const struct kept_root *root;
	char item[80];
	unsigned i;

	for (i = 0; i < a->keys_len; i++) {
		const struct audited_key *k = &a->keys[i];

		if (!serves(k, purpose, product))
			continue;
		root = a->evidence == NULL
		    ? NULL
		    : evidence_root(a->evidence, k->root);
		if (root != NULL)
			snprintf(item, sizeof(item),
			    "shares: any %u of %u people recover it",
			    root->threshold, root->shares);
		else if (k->software_root)
			snprintf(item, sizeof(item),
			    "software root: a file under one passphrase");
		else if (k->levels == 1)
			snprintf(item, sizeof(item),
			    "online: a file under one passphrase");
		else {
			buf_clear(out);
			return;
		}
		add_item(out, item);
	}
}

static void
describe_all(const struct audit *a, enum key_purpose purpose,
    const char *product,
    void (*describe)(const struct audited_key *k, struct buf *out),
    struct buf *out)
{
	unsigned i;

	for (i = 0; i < a->keys_len; i++)
		if (serves(&a->keys[i], purpose, product))
			describe(&a->keys[i], out);
}

/* How many anchors there are that a voucher may come from. */
static void
describe_breadth(const struct audit *a, const char *product, struct buf *out)
{
	struct buf roots;
	unsigned i, n = 0;
	size_t before;

	buf_init(&roots, LEDGER_KEYS_MAX * sizeof(a->keys[0].root) * 2);
	for (i = 0; i < a->keys_len; i++) {
		if (!serves(&a->keys[i], PURPOSE_VOUCHER, product))
			continue;
		before = roots.len;
		add_item(&roots, a->keys[i].root);
		n += roots.len > before;
	}
	buf_free(&roots);
	if (n > 0)
		(void)buf_printf(out, "%u", n);
}

/* A root that certifies nothing but voucher signers needs no policy, and one that
 * also certifies issuing CAs does (IP 6): which, people must say. */
static void
describe_lock(const struct audit *a, const char *product, struct buf *out)
{
	unsigned i, j;

	for (i = 0; i < a->keys_len; i++) {
		if (!serves(&a->keys[i], PURPOSE_VOUCHER, product))
			continue;
		for (j = 0; j < a->keys_len; j++)
			if (a->keys[j].purpose == PURPOSE_IDEVID_CA &&
			    strcmp(a->keys[j].root, a->keys[i].root) == 0) {
				buf_clear(out);
				return;
			}
		add_item(out,
		    a->keys[i].levels == 1
			? "none: the pledge holds the key itself"
			: "a root of its own, any end entity below it");
	}
}

static void
work_out(const struct audit *a, enum taxonomy_question q, const char *product,
    struct buf *out)
{
	switch (q) {
	case TAXONOMY_IDENTITY_LEVEL:
		describe_all(
		    a, PURPOSE_IDEVID_CA, product, describe_level, out);
		break;
	case TAXONOMY_IDENTITY_TIME:
		describe_all(a, PURPOSE_IDEVID_CA, product, describe_time, out);
		break;
	case TAXONOMY_IDENTITY_NUMBER:
		describe_all(
		    a, PURPOSE_IDEVID_CA, product, describe_number, out);
		break;
	case TAXONOMY_IDENTITY_STORAGE:
		describe_storage(a, PURPOSE_IDEVID_CA, product, out);
		break;
	case TAXONOMY_PKI_LEVEL:
		describe_all(a, PURPOSE_VOUCHER, product, describe_level, out);
		break;
	case TAXONOMY_PKI_ALGORITHMS:
		describe_all(
		    a, PURPOSE_VOUCHER, product, describe_algorithm, out);
		break;
	case TAXONOMY_PKI_BREADTH:
		describe_breadth(a, product, out);
		break;
	case TAXONOMY_PKI_LOCK_POLICY:
		describe_lock(a, product, out);
		break;
	case TAXONOMY_PKI_STORAGE:
		describe_storage(a, PURPOSE_VOUCHER, product, out);
		break;
	default:
		break;
	}
}

/* --- one answer --- */

struct answer {
	char text[ANSWER_MAX];
	const char *from; /* NULL = unanswered */
};

static void
answer_make(const struct audit *a, const struct taxonomy *t,
    enum taxonomy_question q, const char *product, struct answer *out)
{
	const char *said =
	    taxonomy_answer(t, q, product == NULL ? "" : product);
	struct buf text;

	buf_init(&text, ANSWER_MAX - 1);
	out->from = NULL;
	out->text[0] = '\0';
	if (taxonomy_row(q)->by != TAXONOMY_PEOPLE)
		work_out(a, q, product, &text);
	if (text.len > 0) {
		out->from = "home";
		(void)text_copy(out->text, sizeof(out->text), buf_span(&text));
	} else if (said != NULL) {
		out->from = "people";
		(void)text_copy(out->text, sizeof(out->text), span_str(said));
	}
	buf_free(&text);
}

static void
answer_put(struct audit *a, struct json_out *o, enum taxonomy_question q,
    const char *product, const struct answer *answer)
{
	const char *name = taxonomy_row(q)->name;
	char about[CELL_MAX];

	json_begin_object(o);
	json_add_optional(o, "question", name);
	json_add_optional(o, "product", product);
	json_add_optional(o, "answer", answer->text);
	json_add_optional(o, "from", answer->from);
	json_end_object(o);
	if (answer->from != NULL)
		return;
	snprintf(about, sizeof(about), "%s%s%s", name,
	    product == NULL ? "" : ", ", product == NULL ? "" : product);
	audit_finding(a, REASON_TAXONOMY_UNANSWERED, "unanswered", about);
}

/* How a key comes into being is told of each product, whether or not they agree
 * (IP 9). */
static bool
told_apart(enum taxonomy_question q)
{
	return q == TAXONOMY_KEY_GENERATION || q == TAXONOMY_KEY_INSTALLATION;
}

/* One row where all products have the same answer, else one for each. */
static void
question_put(struct audit *a, struct json_out *o, const struct taxonomy *t,
    const struct products *p, enum taxonomy_question q)
{
	struct answer first, one;
	bool same = !told_apart(q) || p->len == 0;
	unsigned i;

	answer_make(a, t, q, p->len == 0 ? NULL : p->names[0], &first);
	for (i = 1; i < p->len && same; i++) {
		answer_make(a, t, q, p->names[i], &one);
		same = strcmp(one.text, first.text) == 0;
	}
	if (same) {
		answer_put(a, o, q, NULL, &first);
		return;
	}
	for (i = 0; i < p->len; i++) {
		answer_make(a, t, q, p->names[i], &one);
		answer_put(a, o, q, p->names[i], &one);
	}
}

/* --- all of them --- */

static enum reason
product_take(void *context, const struct json_value *row, struct why *why)
{
	struct products *p = context;
	char name[CELL_MAX];

	if (p->len == PRODUCTS_MAX)
		return why_set(why, REASON_INTERNAL, -1,
		    "more than %d products", PRODUCTS_MAX);
	output_cell(name, row, "name");
	(void)text_copy(
	    p->names[p->len++], PRODUCT_NAME_MAX + 1, span_str(name));
	return REASON_OK;
}

static enum reason
products_load(struct audit *a, struct products *p, struct why *why)
{
	struct message_admin m;

	request_begin(&m, "product.list");
	return session_pages(a->s, &m, "products", product_take, p, why);
}

/* An answer about a product that nobody makes is about another one, misspelt. */
static void
strangers_find(
    struct audit *a, const struct taxonomy *t, const struct products *p)
{
	unsigned i, j;

	for (i = 0; i < t->len; i++) {
		const char *product = t->answers[i].product;

		for (j = 0; j < p->len; j++)
			if (strcmp(product, p->names[j]) == 0)
				break;
		if (product[0] != '\0' && j == p->len)
			audit_finding(a, REASON_PRODUCT_UNKNOWN,
			    "hallmark.ini answers for an unknown product",
			    product);
	}
}

enum reason
audit_taxonomy(struct audit *a, struct json_out *o, struct why *why)
{
	struct taxonomy *t = memory_new(sizeof(*t));
	struct products *p = memory_new(sizeof(*p));
	struct config ignored;
	unsigned q;
	enum reason r;

	if ((r = config_read_all(a->home, &ignored, t, why)) == REASON_OK)
		r = products_load(a, p, why);
	if (r == REASON_OK) {
		json_put_name(o, "questions");
		json_begin_array(o);
		for (q = 0; q < TAXONOMY_COUNT; q++)
			question_put(a, o, t, p, (enum taxonomy_question)q);
		json_end_array(o);
		strangers_find(a, t, p);
	}
	free(t);
	free(p);
	return r;
}
