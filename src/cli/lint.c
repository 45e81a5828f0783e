/* hallmark lint: a checker looks at each file, this program does not. */
#include <limits.h>
#include <stdio.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "crypto/hash/hash.h"
#include "wire/cbor.h"
#include "model/serial.h"
#include "wire/json.h"

/* A file for people may name many certificates. */
#define ISSUERS_MAX BODY_MAX

static void
put_inspect(struct cbor_out *o, const void *value)
{
	message_inspect_put(o, value);
}

/* --- what came before: a number or serial that two certificates have --- */

static enum seen_before
seen_text(struct seen *s, const char *issuer, const char *text, const char *tag)
{
	uint8_t key[HASH_SIZE], mark[HASH_SIZE];
	char both[CELL_MAX * 2];

	snprintf(both, sizeof(both), "%s %s", issuer, text);
	sha256(span_str(both), key);
	sha256(span_str(tag), mark);
	return seen_add(s, key, mark);
}

/* L08 "repeated" and L03 "duplicate" (IP 10) cannot be seen in one certificate
 * alone. */
static enum reason
repeated(struct linting *l, const struct json_value *result)
{
	char issuer[CELL_MAX], number[CELL_MAX], serial[CELL_MAX];
	char sha[CELL_MAX], as[CELL_MAX];

	output_cell(issuer, result, "issuer-sha256");
	output_cell(number, result, "number");
	output_cell(serial, result, "serial");
	output_cell(sha, result, "sha256");
	output_cell(as, result, "as");
	if (seen_text(&l->numbers, issuer, number, sha) == SEEN_OTHER)
		return REASON_L08;
	if (strcmp(as, "idevid") == 0 && strcmp(serial, "-") != 0 &&
	    !l->quiet &&
	    seen_text(&l->serials, issuer, serial, sha) == SEEN_OTHER)
		return REASON_L03;
	return REASON_OK;
}

/* --- printing --- */

static void
print_finding(const struct json_value *f)
{
	char code[CELL_MAX], clause[CELL_MAX], sentence[CELL_MAX];
	char found[CELL_MAX], offset[CELL_MAX], fix[CELL_MAX], warn[CELL_MAX];

	output_cell(code, f, "code");
	output_cell(clause, f, "clause");
	output_cell(sentence, f, "sentence");
	output_cell(found, f, "found");
	output_cell(offset, f, "offset");
	output_cell(fix, f, "fix");
	output_cell(warn, f, "warning");
	printf("    %s%s at octet %s: %s\n", code,
	    strcmp(warn, "yes") == 0 ? " (warning)" : "", offset, found);
	printf("        %s (%s)\n        %s\n", sentence, clause, fix);
}

static void
print_result(
    const char *name, const struct json_value *result, const char *wrong)
{
	char as[CELL_MAX], subject[CELL_MAX];
	struct json_value list, one;
	struct json_iter i;

	output_cell(as, result, "as");
	output_cell(subject, result, "subject");
	printf("%s: %s, %s%s%s\n", name, as, subject,
	    wrong[0] == '\0' ? "" : ": ", wrong);
	if (!json_member(result, "findings", &list))
		return;
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &one))
		print_finding(&one);
}

static void
print_json(const char *name, enum reason r, const char *text, struct span json)
{
	static char room[8 * PATH_MAX]; /* an octet may become six */
	struct json_out o;

	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_text(&o, "file", name);
	json_add_text(&o, "reason", reason_code(r));
	json_add_text(&o, "text", text);
	json_put_name(&o, "result");
	printf("%.*s%.*s}\n", (int)o.len, room,
	    json.len > 0 ? (int)json.len : 4,
	    json.len > 0 ? (const char *)json.ptr : "null");
}

/* --- one certificate --- */

static void
count_findings(struct linting *l, const struct json_value *result)
{
	struct json_value list, one;
	struct json_iter i;
	char warning[CELL_MAX];

	if (!json_member(result, "findings", &list))
		return;
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &one)) {
		output_cell(warning, &one, "warning");
		if (strcmp(warning, "yes") == 0)
			l->warnings++;
		else
			l->violations++;
	}
}

static void
refused(struct linting *l, enum reason r)
{
	l->refused++;
	if (l->first == REASON_OK)
		l->first = r;
}

static void
take_answer(
    struct linting *l, const char *name, const struct message_inspected *answer)
{
	uint64_t violations = l->violations, warnings = l->warnings;
	enum reason r = answer->reason, again = REASON_OK;
	struct json_value result = { .type = JSON_NULL };
	char wrong[CELL_MAX] = "";
	bool read = answer->json.len > 0 &&
	    json_parse(answer->json, &result, NULL) == WIRE_OK;

	if (read) {
		count_findings(l, &result);
		again = repeated(l, &result);
	}
	if (again != REASON_OK) {
		snprintf(wrong, sizeof(wrong), "%s: %s of another certificate",
		    reason_code(again),
		    again == REASON_L08 ? "the number" : "the serial");
		l->violations++;
		r = r == REASON_OK ? again : r;
	} else if (r != REASON_OK && l->violations == violations) {
		/* Not well-formed, or not signed by its issuer. */
		snprintf(wrong, sizeof(wrong), "%s: %.150s", reason_code(r),
		    answer->text);
		l->violations++;
	}
	if (r != REASON_OK)
		refused(l, r);
	if (l->quiet && r == REASON_OK && l->warnings == warnings)
		return;
	if (l->c->json)
		print_json(name, r, again == REASON_OK ? answer->text : wrong,
		    answer->json);
	else if (read)
		print_result(name, &result, r == REASON_OK ? "clean" : wrong);
	else
		printf("%s: %s\n", name, wrong);
}

void
lint_certificate(struct linting *l, const char *name, struct span der,
    struct span issuers, const struct lint_order *order)
{
	struct message_inspect m = { .kind = INSPECT_LINT,
		.bytes = der,
		.other = issuers,
		.lint = *order };
	struct message_inspected answer = { 0 };
	struct frame reply;
	struct cbor in;
	struct why why;
	enum reason r;

	l->certificates++;
	if (der.len > BODY_MAX) {
		answer.reason = REASON_CERTIFICATE_MALFORMED;
		snprintf(
		    answer.text, sizeof(answer.text), "%zu octets", der.len);
		take_answer(l, name, &answer);
		return;
	}
	r = children_ask(l->checker, ROLE_CHECKER, MESSAGE_INSPECT, put_inspect,
	    &m, MESSAGE_INSPECTED, &reply, &why);
	if (r != REASON_OK) {
		l->gone = true;
		refused(l, r);
		return;
	}
	cbor_open(&in, reply.payload, true);
	if (!message_inspected_get(&in, &answer))
		fatal("the checker's answer is malformed");
	take_answer(l, name, &answer);
}

/* --- files --- */

struct lint_options {
	const char *as, *issuer, *voucher_policy, *token, *slot, *scheme;
	const char *counter_width, *check_character;
	bool without_masa_url, all_issued;
	uint8_t policy[LINT_POLICY_MAX];
	struct lint_order order;
	struct buf issuers;
};

/* All certificates of a file; among them, or those of --issuer, is the issuer
 * of each. */
static void
lint_file(struct linting *l, const char *file, const struct lint_options *x)
{
	struct buf bytes, all;
	struct span rest, one, issuers = buf_span(&x->issuers);
	char name[PATH_MAX + 16];
	struct why why;
	enum reason r;
	unsigned n = 0;
	bool several;

	buf_init(&all, FILE_MAX);
	r = file_read(file, &bytes, FILE_MAX, &why);
	if (r == REASON_OK && !pem_certificates(buf_span(&bytes), &all))
		r = why_set(&why, REASON_CERTIFICATE_MALFORMED, -1,
		    "a block of PEM is none, or too long");
	if (r == REASON_OK && all.len == 0)
		r = why_set(
		    &why, REASON_CERTIFICATE_MALFORMED, -1, "it is empty");
	buf_free(&bytes);
	if (r != REASON_OK) {
		fprintf(stderr, "%s: ", file);
		(void)refuse(l->c, r, &why);
		if (l->c->json)
			print_json(file, r, why.text, span_of(NULL, 0));
		l->certificates++; /* that there was to be */
		refused(l, r);
		goto out;
	}
	rest = buf_span(&all);
	if (issuers.len == 0)
		issuers = rest;
	several = der_next(&rest, &one) && rest.len > 0 && rest.ptr[0] == 0x30;
	for (rest = buf_span(&all); !l->gone && rest.len > 0;) {
		if (!several || !der_next(&rest, &one)) {
			one = rest;
			rest.len = 0;
		}
		snprintf(
		    name, sizeof(name), several ? "%s#%u" : "%s", file, ++n);
		lint_certificate(l, name, one, issuers, &x->order);
	}
out:
	buf_free(&all);
}

static const char *
order_read(struct lint_options *x)
{
	size_t len;
	struct lint_order *o = &x->order;
	uint64_t width = 6;

	o->masa_url_required = !x->without_masa_url;
	o->check_character = true;
	if (x->as != NULL &&
	    (o->subject = lint_subject_find(x->as)) == LINT_GUESS)
		return "--as takes idevid, ca, voucher-signer or other";
	if (x->voucher_policy != NULL) {
		if (!text_oid(span_str(x->voucher_policy), x->policy,
			sizeof(x->policy), &len))
			return "--voucher-policy takes an OID such as "
			       "1.3.6.1.4.1.1.1";
		x->order.voucher_policy = span_of(x->policy, len);
	}
	if ((x->token == NULL) != (x->slot == NULL))
		return "--token and --slot go together";
	if (x->token != NULL &&
	    (!text_copy(o->token, sizeof(o->token), span_str(x->token)) ||
		!text_copy(o->slot, sizeof(o->slot), span_str(x->slot))))
		return "--token takes 2 to 6 characters, --slot 2 to 4";
	if (x->scheme != NULL &&
	    (x->token != NULL ||
		!text_copy(o->scheme, sizeof(o->scheme), span_str(x->scheme)) ||
		scheme_check(o->scheme, NULL) != REASON_OK))
		return "--scheme takes one as product add does, without "
		       "--token";
	if (x->counter_width != NULL &&
	    (!text_uint(span_str(x->counter_width), 12, &width) || width < 4))
		return "--counter-width takes 4 to 12";
	o->counter_width = (unsigned)width;
	if (x->check_character == NULL)
		return NULL;
	o->check_character = strcmp(x->check_character, "yes") == 0;
	if (!o->check_character && strcmp(x->check_character, "no") != 0)
		return "--check-character takes yes or no";
	return NULL;
}

static enum reason
issuers_read(struct lint_options *x, struct why *why)
{
	struct buf file;
	enum reason r;

	if (x->issuer == NULL)
		return REASON_OK;
	if ((r = file_read(x->issuer, &file, FILE_MAX, why)) != REASON_OK)
		return r;
	if (!pem_certificates(buf_span(&file), &x->issuers))
		r = why_set(why, REASON_CERTIFICATE_MALFORMED, -1,
		    "%.150s: a block of PEM is none, or too long", x->issuer);
	x->order.issuer_named = true;
	buf_free(&file);
	return r;
}

static int
summary(struct linting *l)
{
	struct why why;

	if (l->c->json && l->quiet)
		printf("{\"certificates\":%llu,\"refused\":%llu,"
		       "\"violations\":%llu,\"warnings\":%llu}\n",
		    (unsigned long long)l->certificates,
		    (unsigned long long)l->refused,
		    (unsigned long long)l->violations,
		    (unsigned long long)l->warnings);
	else if (!l->c->json)
		printf("%llu certificates, %llu refused, %llu violations, "
		       "%llu warnings\n",
		    (unsigned long long)l->certificates,
		    (unsigned long long)l->refused,
		    (unsigned long long)l->violations,
		    (unsigned long long)l->warnings);
	if (l->first == REASON_OK)
		return EXIT_DONE;
	why_set(&why, l->first, -1, "%llu of %llu refused",
	    (unsigned long long)l->refused,
	    (unsigned long long)l->certificates);
	return refuse(l->c, l->first, &why);
}

static int
lint_with(struct linting *l, struct lint_options *x)
{
	struct why why;
	enum reason r;
	unsigned i;
	int code;

	why_clear(&why);
	if ((r = issuers_read(x, &why)) == REASON_OK &&
	    (r = checker_start(&l->checker, &why)) == REASON_OK &&
	    x->all_issued)
		r = lint_issued(l, x->order.voucher_policy, &why);
	for (i = 0; r == REASON_OK && !l->gone && i < l->c->operands_len; i++)
		lint_file(l, l->c->operands[i], x);
	code = r == REASON_OK ? summary(l) : refuse(l->c, r, &why);
	children_stop(l->checker);
	seen_free(&l->numbers);
	seen_free(&l->serials);
	return code;
}

int
lint_run(struct cli *c, int argc, char **argv)
{
	struct lint_options x = { 0 };
	const struct option_row rows[] = { { "issuer", &x.issuer, NULL, false },
		{ "as", &x.as, NULL, false },
		{ "voucher-policy", &x.voucher_policy, NULL, false },
		{ "token", &x.token, NULL, false },
		{ "scheme", &x.scheme, NULL, false },
		{ "slot", &x.slot, NULL, false },
		{ "counter-width", &x.counter_width, NULL, false },
		{ "check-character", &x.check_character, NULL, false },
		{ "without-masa-url", NULL, &x.without_masa_url, false },
		{ "all-issued", NULL, &x.all_issued, false }, { 0 } };
	struct linting l = { .c = c };
	const char *fault;
	int code;

	if (!options_read(c, argc, argv, rows, 0, UINT_MAX))
		return EXIT_USAGE;
	if ((fault = order_read(&x)) != NULL)
		return usage_error(c, "%s", fault);
	if (x.all_issued ? c->operands_len > 0 : c->operands_len == 0)
		return usage_error(
		    c, "it takes files, or --all-issued without any");
	l.quiet = x.all_issued;
	buf_init(&x.issuers, ISSUERS_MAX);
	code = lint_with(&l, &x);
	buf_free(&x.issuers);
	return code;
}
