/*
 * A product line: what its devices are called and what its pledges understand.
 */
#ifndef MODEL_PRODUCT_H
#define MODEL_PRODUCT_H

#include "base/legacy.h"
#include "base/reason.h"
#include "model/names.h"
#include "model/profile.h"

enum pin_policy {
	PIN_FARTHEST = 1,   /* RFC 8995 5.5.2: farthest CA */
	PIN_LOWEST_CA = 2,  /* cBRSKI 8.2 rule 1 */
	PIN_END_ENTITY = 3, /* RFC 8995 5.5.2 MAY */
	PIN_BY_FORMAT = 4,  /* lowest CA in COSE, else farthest (MP 11) */
	PIN_DOMAIN_CA = 5,  /* a customer's, that is on file */
};

struct product {
	char
	    name[PRODUCT_NAME_MAX + 1]; /* 1..64 characters A-Z a-z 0-9 . _ - */
	char token[PRODUCT_TOKEN_MAX +
	    1]; /* in serials; 2..6 of A-Z 0-9; may be empty for import-only products */
	char masa_url[MASA_URL_MAX + 1]; /* authority of IP 5; "" = none */
	unsigned counter_width;		 /* 4..12, default 6 */
	bool check_character;		 /* default true */
	enum pin_policy pin;
	enum pin_kind pin_kind; /* that its pledges understand; a raw key is
				   always the registrar's own */
	unsigned formats;	/* list of those that its pledges understand */
	bool verified; /* where ownership is confirmed, rather than proximity */
	uint8_t proprietary[PROPRIETARY_MAX]; /* in every voucher of its */
	unsigned proprietary_len;	      /* 0 = none */
	bool audit_only;      /* row 15: go on without proximity as "logged" */
	bool emit_id_data;    /* MP 8: eContentType id-data in vouchers */
	enum bag_place x5bag; /* of vouchers in COSE */
	unsigned legacy;      /* old forms that its pledges may use */
	unsigned voucher_limit; /* octets that its pledges can take; 0 = any */
	bool import_only;	/* serials of others (IP 5.2 import mode) */
	/* IP 5.2 import mode, for devices that we certify: their serials come
	 * with the order and are of this scheme (model/serial.h); "" = serials
	 * of our own. */
	char scheme[SERIAL_MAX + 1];
	struct idevid_profile profile;
};

/* 1 to 64 of A-Z a-z 0-9 . _ - */
bool product_name_valid(const char *name);
void product_defaults(struct product *p);
/* "cms,jws,cose" */
#define FORMATS_TEXT_SIZE 16
void product_formats_print(char out[FORMATS_TEXT_SIZE], unsigned formats);
/* "certificate", "pubk", "pubk-sha256", "certificate-or-pubk",
 * "certificate-or-pubk-sha256", "unknown" */
const char *pin_kind_text(enum pin_kind k);
/* "unprotected", "protected", "both" */
const char *bag_place_text(enum bag_place b);
/* "farthest", "lowest-ca", "end-entity", "by-format", "domain-ca" */
const char *pin_policy_text(enum pin_policy p);
/* 0 if it is none of these. */
enum pin_policy pin_policy_find(struct span text);
/* PRODUCT_SYNTAX naming the field. */
MUST_USE enum reason product_check(const struct product *p, struct why *why);
/* What devices that we certify ask for ever we must be able to serve. To be asked where
 * the URL is new: those that have another one keep it. PRODUCT_SYNTAX. */
MUST_USE enum reason product_url_check(
    const struct product *p, struct why *why);
/* Sets one field by its configuration name ("pin" = "end-entity", ...);
 * PRODUCT_SYNTAX for an unknown name or bad value. */
MUST_USE enum reason product_set(
    struct product *p, struct span name, struct span value, struct why *why);

#endif
