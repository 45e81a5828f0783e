/*
 * What the authority asks of the signer: meanings, never digests
 * (architecture 2, law 2).
 */
#ifndef MODEL_ORDER_H
#define MODEL_ORDER_H

#include "model/device.h"
#include "model/key_policy.h"
#include "model/manifest.h"
#include "model/profile.h"

/* "Sign a voucher that says this." */
struct voucher_order {
	char key[KEY_NAME_MAX + 1];
	struct device device; /* with its tag */
	uint8_t request_sha256[HASH_SIZE];
	char nonce[NONCE_MAX + 1];
	enum assertion assertion;
	int64_t expires_on; /* 0 = none */
	bool name_issuer;   /* put idevid-issuer into the voucher */
	bool emit_id_data;
	bool layout_2019;     /* COSE with the numbers of MP 10.4 */
	enum bag_place x5bag; /* COSE */
	enum artifact_format format;
	enum pin_kind pin_kind;
	struct span pin; /* certificate, DER; with a raw key, its owner's */
	/* MP 15.2, "" = none; with est_domain the pin is that server's. */
	char est_domain[URL_MAX + 1];
	char configuration_url[URL_MAX + 1];
	struct span proprietary; /* manufacturer-proprietary; len 0 = none */
	uint8_t domain_id
	    [KEY_ID_MAX]; /* must be what the signer reads off the pin */
	uint8_t domain_id_len;
};

/* "Issue an IDevID for this key." */
struct idevid_order {
	char key[KEY_NAME_MAX + 1];
	char product[PRODUCT_NAME_MAX + 1];
	char token[PRODUCT_TOKEN_MAX + 1];
	char scheme[SERIAL_MAX + 1]; /* of an existing serial; "" = ours */
	char serial[SERIAL_MAX + 1];
	/* Inside the slot, or what the digits of an existing serial say; the
	 * signer checks it against serial. */
	uint64_t counter;
	unsigned counter_width;
	bool check_character;
	char masa_url[MASA_URL_MAX + 1];
	struct idevid_profile profile;
	struct span spki;
	uint8_t request_sha256[HASH_SIZE]; /* of the CSR */
	uint32_t key_slot;		   /* voucher key slot of the device */
};

/* "Record this foreign device and tag it." */
struct device_order {
	struct device device; /* tag and state unset */
};

/* "Make a key" / "this is its certificate" (ceremony, init, rollover). */
struct key_order {
	enum key_purpose purpose;
	char name[KEY_NAME_MAX + 1];   /* A-Z a-z 0-9 - */
	char slot[SLOT_TOKEN_MAX + 1]; /* issuing CAs */
	/* Issuing CAs: the key that it takes over from, and the factory that it
	 * is for; "" = none. */
	char succeeds[KEY_NAME_MAX + 1];
	char factory[FACTORY_NAME_MAX + 1];
	bool p384;
	/* For pledges that hold the key itself and no anchor: its certificate
	 * is a placeholder that it signs (MP 10.1). Vouchers only. */
	bool raw;
	unsigned rsa_bits; /* 2048 or 3072: RSA, issuing CAs only; else 0 */
	struct key_policy policy;
};
/* NULL, or the field that breaks its rules and what it takes; not its policy. */
const char *key_order_fault(const struct key_order *k);
/* "From now on it may sign this." */
struct policy_order {
	char name[KEY_NAME_MAX + 1];
	uint32_t user; /* uid of the asker */
	struct key_policy policy;
};
/* The end of a retired key. Numbers are for ever. */
enum key_end {
	END_DESTROY = 1,
	END_ARCHIVE, /* a copy lies elsewhere, encrypted */
};
#define END_SIGNATURES	  2    /* of two persons */
#define END_SIGNATURE_MAX 2048 /* as ssh-keygen writes it, armoured */
/* "Say what two operators must sign", or, with their signatures, "erase it". */
struct end_order {
	char name[KEY_NAME_MAX + 1];
	enum key_end how;
	uint8_t archive_sha256[HASH_SIZE]; /* of the copy; zero: none yet */
	unsigned signatures_len;	   /* 0 or END_SIGNATURES */
	struct span signatures[END_SIGNATURES];
};
/* "Sign that these records are mine, and this content belongs to them." */
struct manifest_order {
	char key[KEY_NAME_MAX + 1];
	struct manifest_statement statement;
};
struct key_certificate {
	char name[KEY_NAME_MAX + 1];
	unsigned chain_len; /* own certificate first, self-signed root last */
	struct span chain[CHAIN_MAX];
};

#endif
