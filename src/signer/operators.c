/* The roster of operators, which the administrator writes, see signer.h. */
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "signer/signer.h"

#define ROSTER_MAX 16384

static bool
next_word(struct span *line, struct span *word)
{
	size_t n = 0;

	while (line->len > 0 && line->ptr[0] == ' ')
		*line = span_of(line->ptr + 1, line->len - 1);
	while (n < line->len && line->ptr[n] != ' ')
		n++;
	*word = span_of(line->ptr, n);
	*line = span_of(line->ptr + n, line->len - n);
	return n > 0;
}

/* NAME KEY-TYPE BASE64 [remark], as in a .pub file with a name in front. */
static bool
read_line(struct span line, struct operator* out)
{
	struct span name;
	struct why why;

	if (!next_word(&line, &name) || !text_printable(name) ||
	    !text_copy(out->name, sizeof(out->name), name))
		return false;
	while (line.len > 0 && line.ptr[0] == ' ')
		line = span_of(line.ptr + 1, line.len - 1);
	if (ssh_key_read(line, &out->key, &why) != REASON_OK)
		return false;
	sha256(span_of(out->key.blob, out->key.len), out->key_sha256);
	return true;
}

static bool
is_double(const struct operators *o, const struct operator* next)
{
	unsigned i;

	for (i = 0; i < o->len; i++)
		if (strcmp(o->list[i].name, next->name) == 0 ||
		    memcmp(o->list[i].key_sha256, next->key_sha256,
			HASH_SIZE) == 0)
			return true;
	return false;
}

enum reason
operators_load(const char *path, struct operators *out, struct why *why)
{
	unsigned number = 0;
	struct span rest, line;
	struct operator next;
	struct buf text;
	const uint8_t *end;
	enum reason r;

	memset(out, 0, sizeof(*out));
	if (access(path, F_OK) != 0)
		return why_set(why, REASON_OPERATOR_SIGNATURE, -1,
		    "there is no roster of operators (signer/operators)");
	if ((r = file_read(path, &text, ROSTER_MAX, why)) != REASON_OK)
		return r;
	for (rest = buf_span(&text); rest.len > 0;) {
		end = memchr(rest.ptr, '\n', rest.len);
		line = span_of(rest.ptr,
		    end == NULL ? rest.len : (size_t)(end - rest.ptr));
		rest = span_of(line.ptr + line.len, rest.len - line.len);
		if (end != NULL)
			rest = span_of(rest.ptr + 1, rest.len - 1);
		number++;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (out->len == OPERATORS_MAX || !read_line(line, &next) ||
		    is_double(out, &next)) {
			r = why_set(why, REASON_HOME_INVALID, -1,
			    "signer/operators, line %u: not NAME KEY-TYPE KEY, "
			    "or there twice, or more than %d",
			    number, OPERATORS_MAX);
			break;
		}
		out->list[out->len++] = next;
	}
	buf_free(&text);
	return r;
}

static const struct operator* operator_find(const struct operators *o,
    const char *namespace, struct span message, struct span file)
{
	struct why why;
	unsigned i;

	for (i = 0; i < o->len; i++)
		if (ssh_verify(&o->list[i].key, namespace, message, file,
			&why) == REASON_OK)
			return &o->list[i];
	return NULL;
}

static enum reason
check_person(const struct operators *roster, const char *namespace,
    struct span statement, struct span file, struct order *o,
    struct record_person *person, unsigned number)
{
	const struct operator* who =
	    operator_find(roster, namespace, statement, file);
	uint8_t octets[SSH_SIGNATURE_MAX];
	const size_t before = o->content.len;
	size_t len;

	if (who == NULL || !ssh_unarmour(file, octets, &len))
		return why_set(&o->why, REASON_OPERATOR_SIGNATURE, -1,
		    "signature %u is not one over this statement, by somebody "
		    "on the roster, as ssh-keygen -Y sign -n %s writes it",
		    number, namespace);
	memcpy(person->key_sha256, who->key_sha256, HASH_SIZE);
	if (!buf_add(&o->content, span_of(octets, len)))
		return why_set(&o->why, REASON_OPERATOR_SIGNATURE, -1,
		    "the signatures are too long");
	person->signature = span_of(o->content.ptr + before, len);
	return REASON_OK;
}

enum reason
operators_check(struct signer *s, struct order *o, const char *namespace,
    const struct span signatures[END_SIGNATURES], struct span *statement,
    struct record_person persons[END_SIGNATURES])
{
	struct operators roster;
	char path[PATH_MAX];
	enum reason r;
	unsigned i;

	/* Room for all: what borrows from it must not move. */
	buf_init(
	    &o->content, STATEMENT_MAX + END_SIGNATURES * SSH_SIGNATURE_MAX);
	(void)buf_reserve(
	    &o->content, STATEMENT_MAX + END_SIGNATURES * SSH_SIGNATURE_MAX);
	(void)buf_add(&o->content, *statement);
	*statement = buf_span(&o->content);
	path_join(path, sizeof(path), s->root, "operators");
	r = operators_load(path, &roster, &o->why);
	for (i = 0; r == REASON_OK && i < END_SIGNATURES; i++)
		r = check_person(&roster, namespace, *statement, signatures[i],
		    o, &persons[i], i + 1);
	if (r == REASON_OK &&
	    memcmp(persons[0].key_sha256, persons[1].key_sha256, HASH_SIZE) ==
		0)
		r = why_set(&o->why, REASON_OPERATOR_SIGNATURE, -1,
		    "both signatures are one person's");
	return r;
}
