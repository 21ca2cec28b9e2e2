// Every text of the page, in one place: to translate it, translate this file.

const LANGUAGE = 'en';

const numbers = new Intl.NumberFormat(LANGUAGE);
const days = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' });
const seconds = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {number} count */
export const number = (count) => numbers.format(count);

/** @param {string} time */
export const time = (time) => days.format(new Date(time));

/** @param {string} time */
export const exactTime = (time) => seconds.format(new Date(time));

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [more]
 */
const of = (count, one, more = `${one}s`) => `${number(count)} ${count === 1 ? one : more}`;

/** @param {number} milliseconds */
function duration(milliseconds) {
  const all = Math.max(0, Math.round(milliseconds / 1000));
  if (all < 1) return 'less than a second';
  if (all < 60) return of(all, 'second');
  return `${of(Math.floor(all / 60), 'minute')} ${all % 60 ? of(all % 60, 'second') : ''}`.trim();
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1024) return of(bytes, 'byte');
  return bytes < 1 << 20 ? `${number(Math.round(bytes / 1024))} KiB` : `${number(Math.round(bytes / 104857.6) / 10)} MiB`;
}

/** What to send instead of a file of another kind. */
const LINES = 'What is taken is JSONL: a text file with one JSON object a line, such as {"type":"subscription_product","external_ref":"tea","name":"Green tea"}';

export const texts = {
  title: 'Imports',
  nav: { send: 'Send a file', jobs: 'Jobs', signOut: 'Sign out' },
  trouble: {
    offline: 'The network is gone. This page goes on by itself as soon as it is back.',
    busy: 'The service is busy. This page tries again by itself.',
    again: 'The network is back.',
  },
  wrong: {
    gone: 'There is no such job',
    goneLead: 'It was deleted, or never was: jobs are kept for a while after they have ended, and one of another store is not shown.',
    reportGone: 'The report of this job is no longer kept.',
    forbidden: 'The store of this token may not do this',
    broken: 'This page has a fault',
    brokenLead: 'Load it again. If that does not help, send this to whoever runs the service:',
    back: 'All jobs',
  },
  signIn: {
    title: 'Sign in',
    lead: 'Imports belong to a store. Sign in to act for yours.',
    over: 'Sign in again',
    overLead: 'Your token is over. Nothing is lost: sign in, and this page goes on where it was.',
    begin: 'Sign in',
    otherwise: 'Use a token instead',
    notNow: 'Not now',
    paste: 'Access token',
    use: 'Use this token',
    empty: 'Paste a token first.',
    noToken: 'That is not a token: one has three parts with dots between them, as in “eyJ…”.',
    blocked: 'The browser keeps the window to sign in closed: let this page open windows, then try again.',
    unreachable: 'The place to sign in can’t be reached. Try again, or use a token.',
    closed: 'The sign-in was broken off.',
    /** @param {string} why */
    refused: (why) => `The sign-in was refused${why ? `: ${why}` : ''}.`,
  },
  send: {
    title: 'Send a file',
    lead: 'One JSON object a line, up to 50,000 of them, plain or gzip-compressed. A bad line never stops a file.',
    drop: 'Drop a file here',
    choose: 'Choose a file',
    other: 'Choose another',
    /** @param {number} bytes */
    size,
    tooLarge: 'This file is too large: 256 MiB are read at most, unpacked. Split it in two, and send both.',
    empty: 'This file is empty.',
    options: 'Options',
    name: 'Name of the job',
    nameHint: 'How you will find it again. May be left out.',
    stored: 'What is stored already',
    storedChoices: {
      fail: ['Refuse the line', 'and say so'],
      skip: ['Skip it', 'what is stored stays as it is'],
      update: ['Replace it', 'with what the line says'],
    },
    unknown: 'Refuse lines with attributes that nothing reads',
    unknownHint: 'Otherwise such a line is imported, with a warning.',
    rehearse: 'Rehearse first',
    rehearseHint: 'Everything is checked and reported, nothing is written. You then import the good lines with one click.',
    beginRehearsal: 'Rehearse',
    begin: 'Import',
    packing: 'Compressing …',
    /** @param {number} share */
    sending: (share) => (share < 1 ? `Sending … ${Math.floor(share * 100)} %` : 'Sent. Waiting for the answer …'),
    stop: 'Stop sending',
    failed: 'The file was not taken',
    unread: 'It can’t be read: it was moved or changed since it was chosen, or it is a folder. Choose it again.',
    /** @param {number} count */
    several: (count) => `${number(count)} files were dropped, and one is sent at a time. This is the first: drop the others after it.`,
    kinds: {
      nothing: 'What was dropped is no file. Drop one, or choose it.',
      folder: 'This is a folder. Open it, and drop the file that is in it.',
      sheet: `This is a spreadsheet. Export its rows first. ${LINES}`,
      table: `This looks like CSV. Turn each row into an object first. ${LINES}`,
      list: `This is one JSON list. Write each of its objects on a line of its own, without [ and ] around them and without commas between them. ${LINES}`,
      pdf: `This is a PDF. ${LINES}`,
      image: `This is an image. ${LINES}`,
      office: `This is a document of Office. Export what is in it first. ${LINES}`,
      packed: 'This is an archive. Unpack it, and drop the file that is in it, as it is or compressed with gzip.',
      utf16: 'This text is in UTF-16. Save it as UTF-8, then drop it again.',
      other: `This has no line that begins a JSON object. ${LINES}`,
    },
  },
  status: { pending: 'Waiting', started: 'Running', success: 'Done', failed: 'Failed', cancelled: 'Cancelled' },
  types: {
    subscription_product: 'Products',
    subscription_plan: 'Plans',
    subscription_feature: 'Features',
    subscription_subscriber: 'Subscribers',
    subscription_offering: 'Offerings',
    subscription: 'Subscriptions',
  },
  job: {
    /** @param {string} id */
    title: (id) => `Import ${id.slice(0, 8)}`,
    rehearsal: 'Rehearsal',
    arriving: 'The file has arrived and becomes a job in a moment.',
    /** @param {number} place */
    place: (place) => (place === 1 ? 'Next in the line' : `Place ${number(place)} in the line`),
    running: 'Reading and writing lines',
    created: 'Sent',
    /** @param {number} ms */
    waited: (ms) => `waited ${duration(ms)}`,
    /** @param {number} ms */
    ran: (ms) => `took ${duration(ms)}`,
    /** @param {number} ms */
    runs: (ms) => `running for ${duration(ms)}`,
    policies: { skip: 'stored ones are skipped', update: 'stored ones are replaced' },
    refuses: 'unknown attributes are refused',
    mends: 'Mends',
    cancel: 'Cancel',
    cancelAsk: 'Cancel this job? What is imported by then stays.',
    cancelYes: 'Cancel the job',
    cancelNo: 'Go on',
    tooLate: 'It ended before it was cancelled.',
    cancelling: 'Ends as soon as lines under way are done.',
    figures: { imported: 'imported', importable: 'can be imported', skipped: 'skipped', refused: 'refused' },
    /** @param {number} count */
    lines: (count) => `of ${of(count, 'line')}`,
    byType: 'By type',
    /** @param {number} done @param {number} read */
    byTypeCount: (done, read) => `${number(done)} of ${number(read)}`,
    /** @param {number} count */
    importGood: (count) => `Import ${of(count, 'good line')}`,
    chooseAgain: 'Choose the file to import',
    /** @param {number} good */
    fileGone: (good) => `This page no longer has the file. Of it ${of(good, 'line', 'lines')} can be imported: choose it again.`,
    results: 'Download results',
    failedLines: 'Download failed lines',
    mendAll: 'Mend refused lines',
    whole: 'The job failed as a whole',
    /** @param {number} count */
    warnings: (count) => `Of ${of(count, 'line')} something was noticed: see below.`,
    allGood: 'Every line went well.',
  },
  groups: {
    title: 'What is wrong',
    reading: 'Reading the refused lines …',
    /** @param {number} causes @param {number} errors */
    explain: (causes, errors) => `${of(causes, 'cause explains', 'causes explain')} ${of(errors, 'error')}`,
    /** @param {number} count */
    lines: (count) => of(count, 'line'),
    line: 'line',
    mend: 'Mend these',
    waiting: 'Only wait for another line',
    waitingLead: 'These need nothing themselves: they refer to a line that was refused. Mend that one, and send both.',
    whole: 'Show the whole line',
    /** @param {number} more */
    more: (more) => `Show ${of(more, 'more group')}`,
    codes: /** @type {Record<string, string>} */ ({
      line_too_long: 'The line is too long',
      not_utf8: 'Not UTF-8',
      not_json: 'Not JSON',
      not_an_object: 'No object',
      duplicate_key: 'A key is given twice',
      invalid_key: 'A key that can’t be stored',
      lone_surrogate: 'Half a character',
      number_out_of_range: 'A number that can’t be stored',
      too_deep: 'Nested too deep',
      too_large: 'Too large',
      unknown_type: 'A type that is not known',
      required: 'An attribute is missing',
      wrong_type: 'A value of the wrong kind',
      wrong_length: 'Too short or too long',
      out_of_range: 'A number out of its bounds',
      not_allowed: 'A word that is not allowed',
      malformed: 'A value that is not written as it has to be',
      unknown_attribute: 'An attribute that is not known',
      conflicting: 'Attributes that do not go together',
      duplicate_external_ref: 'The external_ref of an earlier line',
      already_exists: 'Stored already',
      reference_not_found: 'A reference to nothing',
      reference_failed: 'Only waits for another line',
      plan_not_in_offering: 'A plan that the offering does not have',
      pricing_option_not_in_offering: 'A pricing option that the offering does not have',
      feature_not_in_offering: 'A feature that the offering does not have',
      refused_by_database: 'Refused by the database',
      internal: 'The service failed over it',
      invalid_option: 'An option that can’t be read',
      superseded: 'A newer file took its place',
      file_missing: 'The file is gone',
      file_unreadable: 'The file can’t be read',
      file_empty: 'The file is empty',
      file_too_large: 'The file is too large',
      too_many_objects: 'Too many objects',
      nothing_imported: 'Nothing could be imported',
      given_up: 'The service gave up',
      cancelled: 'Not tried: the job was cancelled',
      no_price_in_currency: 'No price in the subscription’s currency',
      no_external_ref: 'A line without an external_ref',
    }),
  },
  noticed: {
    title: 'What was noticed',
    reading: 'Reading what was noticed …',
    /** @param {boolean} isRehearsal */
    lead: (isRehearsal) => `These lines ${isRehearsal ? 'can be' : 'were'} imported all the same. Look whether they say what was meant.`,
    noTexts: 'Their texts are in your file: the service does not keep them.',
  },
  mend: {
    title: 'Mend',
    lead: 'Each refused line with what is wrong with it: a click on that selects the culprit. Change the lines, check them, then send them as a new job.',
    /** @param {number} count @param {number} all */
    first: (count, all) => `These are the first ${number(count)} of ${number(all)} lines. To mend all at once, download the failed lines.`,
    /** @param {number} line */
    line: (line) => `Line ${number(line)}`,
    /** @param {number} count */
    along: (count) => `${of(count, 'line')} that only ${count === 1 ? 'waits' : 'wait'} for these will be sent along.`,
    replaceTitle: 'Replace in all lines',
    replaceFrom: 'This text',
    replaceTo: 'becomes',
    replace: 'Replace',
    /** @param {number} count */
    replaced: (count) => (count === 0 ? 'No line has this text.' : `${of(count, 'line')} changed.`),
    undo: 'Undo',
    drop: 'Leave out',
    keep: 'Take back in',
    check: 'Check',
    checking: 'Checking …',
    /** @param {number} good @param {number} bad */
    checked: (good, bad) => (bad === 0 ? (good === 1 ? 'The line is good.' : `All ${number(good)} lines are good.`) : `${of(good, 'line is', 'lines are')} good, ${number(bad)} still refused.`),
    unchecked: 'Changed since the last check.',
    good: 'Good',
    /** @param {number} count */
    send: (count) => `Import ${of(count, 'line')}`,
    sendAnyway: 'Only the good lines will be imported.',
    nothing: 'There is nothing to mend: no line was refused.',
    tooLong: 'Too long to be mended here, and left out: download the failed lines.',
    back: 'Back to the job',
  },
  jobs: {
    title: 'Jobs',
    status: 'Status',
    any: 'All',
    active: 'Waiting or running',
    name: 'Name',
    nameHint: 'the whole name',
    find: 'Find',
    clear: 'Show all',
    none: 'No file was sent yet',
    noneLead: 'Every file that is sent becomes a job, and is listed here.',
    noneFound: 'No job is like this',
    noneFoundLead: 'Look for another status or another name.',
    newer: 'Newer',
    older: 'Older',
    /** @param {number} from @param {number} to @param {number} total */
    range: (from, to, total) => `${number(from)} to ${number(to)} of ${number(total)}`,
    columns: { job: 'Job', status: 'Status', imported: 'Imported', errors: 'Errors', sent: 'Sent' },
  },
};
