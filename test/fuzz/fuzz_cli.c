/*
 * What the command line reads back: an authority's answer as a table or as
 * lines for people, certificates out of it, and files of certificates that operators
 * name. Whatever the answer holds, no control character reaches the terminal.
 */
#include <ctype.h>
#include <openssl/asn1.h>
#include <string.h>

#include "cli/cli.h"
#include "fuzz.h"
#include "scratch.h"
#include "wire/der.h"
#include "wire/json.h"

enum { FILES, ANSWERS, READERS };
static bool met[READERS];

const char *
corpus_lacks(void)
{
	static const char *const names[] = { "a file of certificates",
		"an answer" };

	return first_unmet(met, names, READERS);
}

static void
check_tame(const char *shown, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		require(shown[i] == '\n' || !iscntrl((unsigned char)shown[i]));
		/* C1 in UTF-8 */
		require(shown[i] != '\xc2' || i + 1 == size ||
		    (unsigned char)shown[i + 1] >= 0xa0);
	}
}

/* On both streams, and what a verb takes out to print it itself. */
static void
check_shown(struct span answer)
{
	static const char *const names[] = { "next", "serial", "lapses" };
	FILE *out = stdout, *err = stderr, *both;
	struct cli c = { .json = false };
	char *shown = NULL, text[CELL_MAX];
	size_t size = 0, i;

	both = open_memstream(&shown, &size);
	require(both != NULL);
	stdout = stderr = both;
	output_json(&c, answer);
	stdout = out;
	stderr = err;
	fclose(both);
	check_tame(shown, size);
	free(shown);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_text(answer, names[i], text, sizeof(text)))
			check_tame(text, strlen(text));
}

/* Where OpenSSL sees the content of the SEQUENCE that is all of der. */
static struct span
openssl_content(struct span der)
{
	const unsigned char *at = der.ptr;
	int tag, class;
	long len;

	require(ASN1_get_object(&at, &len, &tag, &class, (long)der.len) ==
	    V_ASN1_CONSTRUCTED);
	require(tag == V_ASN1_SEQUENCE && class == V_ASN1_UNIVERSAL);
	require(at + len == der.ptr + der.len);
	return span_of(at, (size_t)len);
}

/* One whole element for OpenSSL, too. It begins as no private key does: with a
 * SEQUENCE, not with a version. */
static enum reason
take_certificate(void *context, struct span der, struct why *why)
{
	uint64_t *digest = context;
	struct span content;

	(void)why;
	if (oracle_begin()) {
		content = openssl_content(der);
		require(content.len > 0 && content.ptr[0] == DER_SEQUENCE);
		oracle_end();
	}
	*digest = digest_add(*digest, der.ptr, der.len);
	return REASON_OK;
}

static uint64_t
file_check(struct span input)
{
	uint64_t digest = ACCEPTED;
	struct why why;

	why_clear(&why);
	if (certificates_each(scratch_write("file", input), FILE_MAX,
		take_certificate, &digest, &why) == REASON_OK)
		return digest;
	require(why.text[0] != '\0');
	return 0;
}

static uint64_t
answer_read(struct span input)
{
	uint64_t digest = ACCEPTED;
	struct json_value root;
	struct buf pem;

	if (json_parse(input, &root, NULL) != WIRE_OK ||
	    root.type != JSON_OBJECT)
		return 0;
	if (oracle_begin()) {
		check_shown(input);
		oracle_end();
	}
	buf_init(&pem, FRAME_MAX);
	if (output_chain(input, &pem))
		digest = digest_add(digest, pem.ptr, pem.len);
	buf_free(&pem);
	return digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span input = span_of(bytes, len);
	uint64_t digest = ACCEPTED, found[READERS];
	unsigned i;

	found[FILES] = file_check(input);
	found[ANSWERS] = answer_read(input);
	for (i = 0; i < READERS; i++)
		met[i] |= found[i] != 0;
	if (found[FILES] == 0 && found[ANSWERS] == 0)
		return 0;
	return digest_add(digest, found, sizeof(found));
}
