-- Up Migration

-- What became of the mail: `sent`, or `refused` by SES for good, with its reason.
ALTER TABLE sent ADD COLUMN outcome text NOT NULL DEFAULT 'sent';
ALTER TABLE sent ADD COLUMN reason text;
