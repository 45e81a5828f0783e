/* Content-Type and Accept, row by row and rule by rule of MP 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/media.h"

#define CMS	  "application/voucher-cms+json"
#define MIME	  "application/pkcs7-mime"
#define COSE	  "application/voucher+cose"
#define JWS	  "application/voucher-jws+json"
#define COSE_OLD  "application/voucher-cose+cbor"
#define COSE_LONG "application/cose; cose-type=\"cose-sign1\""

static const struct {
	const char *type;
	enum reason reason;
	enum artifact_format format;
} types[] = {
	{ CMS, REASON_OK, FORMAT_CMS_JSON },
	{ "Application/Voucher-CMS+JSON", REASON_OK,
	    FORMAT_CMS_JSON },				       /* rule 1 */
	{ CMS "; charset=utf-8", REASON_OK, FORMAT_CMS_JSON }, /* rule 1 */
	{ CMS " ;x=\"a;b,c\"", REASON_OK, FORMAT_CMS_JSON },
	{ MIME, REASON_OK, FORMAT_CMS_JSON },
	{ MIME "; smime-type=voucher", REASON_OK, FORMAT_CMS_JSON },
	{ MIME ";SMIME-type=\"Voucher\"; name=x", REASON_OK, FORMAT_CMS_JSON },
	{ MIME "; smime-type=signed-data", REASON_MEDIA_TYPE },
	{ MIME "; smime-type=voucher; smime-type=voucher", REASON_MEDIA_TYPE },
	{ "", REASON_MEDIA_TYPE }, /* rule 1 */
	{ JWS, REASON_OK, FORMAT_JWS_JSON },
	{ "application/voucher-jose+json", REASON_MEDIA_TYPE },
	{ COSE, REASON_OK, FORMAT_COSE_CBOR },
	{ COSE_OLD, REASON_OK, FORMAT_COSE_CBOR },
	{ COSE_LONG, REASON_OK, FORMAT_COSE_CBOR },
	{ "application/cose", REASON_MEDIA_TYPE },
	{ "application/voucher-cms+cbor", REASON_MEDIA_TYPE },
	{ "application/voucher+json", REASON_MEDIA_TYPE },
	{ "application/json", REASON_MEDIA_TYPE },
	{ "application/cbor", REASON_MEDIA_TYPE },
	{ "text/plain", REASON_MEDIA_TYPE }, /* rule 2 */
	{ "*/*", REASON_MEDIA_TYPE },
	{ "application/*", REASON_MEDIA_TYPE },
	{ CMS "; broken", REASON_MEDIA_TYPE },
	{ CMS ", " CMS, REASON_MEDIA_TYPE },
	{ ";" CMS "x", REASON_MEDIA_TYPE },
};

static void
request_types(void **state)
{
	struct media m;
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		enum reason r = media_request(
		    true, span_str(types[i].type), legacy_defaults(), &m, &why);

		if (r != types[i].reason)
			fail_msg("%s: %s", types[i].type, reason_code(r));
		assert_int_equal(
		    m.request, r == REASON_OK ? types[i].format : FORMAT_NONE);
	}
	assert_int_equal(
	    media_request(false, span_str(""), legacy_defaults(), &m, &why),
	    REASON_MEDIA_TYPE);
}

/* Lists, the first format lowest. */
#define CMS_ONLY  1u
#define JWS_ONLY  2u
#define COSE_ONLY 3u
#define CMS_JWS	  (1u | 2u << 2)
#define CMS_COSE  (1u | 3u << 2)
#define COSE_CMS  (3u | 1u << 2)
#define COSE_JWS  (3u | 2u << 2)
#define JWS_COSE  (2u | 3u << 2)
#define ANY_CMS	  (1u | 2u << 2 | 3u << 4)
#define ANY_JWS	  (2u | 1u << 2 | 3u << 4)
#define ANY_COSE  (3u | 1u << 2 | 2u << 4)

static const struct {
	const char *type;   /* of the request */
	const char *accept; /* NULL = none */
	enum reason reason;
	unsigned reply;	  /* list of formats */
	const char *name; /* of the first one */
} replies[] = {
	/* Rule 3, first point: the request's format; rule 4: its name. */
	{ CMS, NULL, REASON_OK, ANY_CMS, CMS },
	{ CMS, "", REASON_OK, ANY_CMS, CMS },
	{ CMS, "*/*", REASON_OK, ANY_CMS, CMS },
	{ CMS, "application/*", REASON_OK, ANY_CMS, CMS },
	{ CMS, "text/html, */*;q=0.1", REASON_OK, ANY_CMS, CMS },
	{ MIME, NULL, REASON_OK, ANY_CMS, MIME },
	{ MIME, "*/*", REASON_OK, ANY_CMS, MIME },
	{ MIME "; smime-type=voucher", "application/*", REASON_OK, ANY_CMS,
	    MIME "; smime-type=voucher" },
	/* Rule 4: a synonym only if it is all that is acceptable. */
	{ CMS, MIME, REASON_OK, CMS_ONLY, MIME },
	{ CMS, MIME ";smime-type=voucher", REASON_OK, CMS_ONLY,
	    MIME "; smime-type=voucher" },
	{ MIME, CMS, REASON_OK, CMS_ONLY, CMS },
	{ MIME, MIME ", " CMS, REASON_OK, CMS_ONLY, CMS },
	{ MIME, MIME ", */*;q=0.1", REASON_OK, ANY_CMS, CMS },
	{ CMS, MIME ", " CMS ";q=0", REASON_OK, CMS_ONLY, MIME },
	/* Rule 3, second point: qualities. */
	{ CMS, CMS ";q=0.001", REASON_OK, CMS_ONLY, CMS },
	{ CMS, COSE ";q=0, " CMS ";q=0.5, */*;q=0.1", REASON_OK, CMS_JWS, CMS },
	{ CMS, COSE ", " JWS ";q=0.9", REASON_OK, COSE_JWS, COSE },
	{ CMS, COSE ";q=0.8, " JWS ";q=0.90", REASON_OK, JWS_COSE, JWS },
	/* What the pledge cannot read is for policy to pass over. */
	{ CMS, COSE ", " CMS ";q=0.1", REASON_OK, COSE_CMS, COSE },
	{ CMS, CMS ";q=0, */*", REASON_OK, JWS_COSE, JWS },
	/* The most specific one counts (RFC 9110 12.5.1). */
	{ CMS, "*/*, application/*;q=0", REASON_FORMAT_UNSUPPORTED, ANY_CMS,
	    CMS },
	{ CMS, "*/*;q=0, application/*", REASON_OK, ANY_CMS, CMS },
	/* Known, for policy to refuse. */
	{ CMS, COSE, REASON_OK, COSE_ONLY, COSE },
	{ CMS, "application/voucher-cose+cbor", REASON_OK, COSE_ONLY,
	    "application/voucher-cose+cbor" },
	{ CMS, "application/cose; cose-type=\"cose-sign1\"", REASON_OK,
	    COSE_ONLY, "application/cose; cose-type=\"cose-sign1\"" },
	{ CMS, JWS, REASON_OK, JWS_ONLY, JWS },
	{ CMS, CMS ";q=0", REASON_FORMAT_UNSUPPORTED, ANY_CMS, CMS },
	{ CMS, "*/*;q=0.000", REASON_FORMAT_UNSUPPORTED, ANY_CMS, CMS },
	/* Rule 3, third point: all unknown. */
	{ CMS, "text/html, image/png", REASON_ACCEPT_UNKNOWN, ANY_CMS, CMS },
	{ CMS, "text/*", REASON_ACCEPT_UNKNOWN, ANY_CMS, CMS },
	{ CMS, "application/cose", REASON_ACCEPT_UNKNOWN, ANY_CMS, CMS },
	{ CMS, MIME "; smime-type=enveloped-data", REASON_ACCEPT_UNKNOWN,
	    ANY_CMS, CMS },
	{ CMS, CMS ";q=1.1", REASON_ACCEPT_UNKNOWN, ANY_CMS, CMS },
	{ CMS, CMS ";q=0.1234", REASON_ACCEPT_UNKNOWN, ANY_CMS, CMS },
	{ CMS, CMS ";q", REASON_ACCEPT_UNKNOWN, ANY_CMS, CMS },
	/* Lists: empty elements, quoted commas. */
	{ CMS, ",, " CMS ";x=\"a,b\" ,", REASON_OK, CMS_ONLY, CMS },
	/* The same for the others. */
	{ COSE, NULL, REASON_OK, ANY_COSE, COSE },
	{ COSE_OLD, NULL, REASON_OK, ANY_COSE, COSE_OLD },
	{ COSE_OLD, "*/*", REASON_OK, ANY_COSE, COSE_OLD },
	{ COSE_OLD, COSE, REASON_OK, COSE_ONLY, COSE },
	{ COSE, COSE_OLD, REASON_OK, COSE_ONLY, COSE_OLD },
	{ COSE_OLD, COSE_OLD ", " COSE, REASON_OK, COSE_ONLY, COSE },
	{ JWS, NULL, REASON_OK, ANY_JWS, JWS },
	{ JWS, "application/*", REASON_OK, ANY_JWS, JWS },
	/* Ties: the request's format. */
	{ JWS, CMS ", " COSE ", " JWS, REASON_OK, ANY_JWS, JWS },
	{ COSE, CMS ", " JWS, REASON_OK, CMS_JWS, CMS },
};

static void
reply_types(void **state)
{
	struct media m;
	struct why why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		const char *text = replies[i].accept;
		struct span accept = span_str(text == NULL ? "" : text);
		enum reason r;

		assert_int_equal(media_request(true, span_str(replies[i].type),
				     legacy_defaults(), &m, &why),
		    REASON_OK);
		r = media_reply(
		    &accept, text != NULL, legacy_defaults(), &m, &why);
		if (r != replies[i].reason || m.reply != replies[i].reply ||
		    strcmp(m.reply_types[m.reply & 3], replies[i].name) != 0)
			fail_msg("Accept: %s: %s, %u, %s", text, reason_code(r),
			    m.reply, m.reply_types[m.reply & 3]);
	}
}

/* Several Accept fields are one list (RFC 9110 5.3). */
static void
several_fields(void **state)
{
	const struct span accept[] = { span_str("text/html"),
		span_str(COSE ", " MIME) };
	struct media m;
	struct why why;

	(void)state;
	assert_int_equal(
	    media_request(true, span_str(CMS), legacy_defaults(), &m, &why),
	    REASON_OK);
	assert_int_equal(
	    media_reply(accept, 2, legacy_defaults(), &m, &why), REASON_OK);
	assert_int_equal(m.reply, CMS_COSE);
	assert_string_equal(m.reply_types[FORMAT_CMS_JSON], MIME);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_types),
		cmocka_unit_test(reply_types),
		cmocka_unit_test(several_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
