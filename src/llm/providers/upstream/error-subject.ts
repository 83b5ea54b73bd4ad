import { plainWord, type ReportedError } from './reported-error.js';

/** What an error is about, as far as its codes and sentences show. */
export type Subject =
  | 'flagged'
  | 'used_up'
  | 'rate'
  | 'key'
  | 'model'
  | 'length'
  | 'refused'
  | 'malformed'
  | 'request'
  | 'timeout'
  | 'overloaded'
  | 'trouble';

interface Vocabulary {
  /** For codes and types in the form of `plainWord`. */
  readonly words: RegExp;
  readonly text?: RegExp;
}

const USED_UP: Vocabulary = {
  words:
    /insufficient(quota|balance|credits?|funds)|billing(hardlimit|error|notactive)|paymentrequired|creditsexhausted|outofcredits|exceededcurrentquota|accountoverdue|arrearage|quotaexceeded$/,
  text: /credit balance|insufficient (account )?(balance|credits?|funds|quota)|payment required|(out of|no more|not enough|requires more) credits|billing (details|hard limit|is not|not active|issue)|spend(ing)? limit|(reached|exceeded|hit) (your|the) [\w ]{0,30}usage limits?|exceeded your current quota|account [\w ]{0,30}(is overdue|in arrears|used up|suspended)|negative balance|余额不足|欠费|额度(已)?用(完|尽)|配额(不足|已用)/i,
};

const RATE: Vocabulary = {
  words:
    /ratelimit|toomanyrequests|throttl|resourceexhausted|concurrencylimit|requestlimitexceeded|limitrequests|limitburst/,
  text: /\brate[ -]?limit|too many requests|(tokens|requests) per (second|minute|hour|day|min)\b|\b[RT]P[MDS]\b|throttl(ed|ing)|限流|频率(过高|超限|限制)|(请求|访问|并发)[^\n]{0,8}(过多|过高|过快|过大|超限)/i,
};

const KEY: Vocabulary = {
  words:
    /(invalid|incorrect|wrong|missing|expired|revoked|bad|no)(api|auth|access|security)?(key|token|credentials?|authentication|authorization)$|(access|auth|api|security)token(is)?(invalid|expired|revoked)|apikey(invalid|expired|missing|notfound|notvalid|disabled)|unauthori[sz]ed|unauthenticated|^(invalid)?authentication(error|failed|exception)?$|permission(denied|error)|access(denied|forbidden)|unrecognizedclient|invalidauthentication|invalidsignature/,
  text: /(api|access|secret)[ _-]?key\W{0,3}[\w ,:*-]{0,60}?\b(not valid|invalid|incorrect|expired|missing|required|revoked|disabled|not found|not provided|unauthorized)|(invalid|incorrect|wrong|expired|missing|malformed|bad|no|provide an?|provide a valid|pass a valid|unknown|unauthorized) (x-)?(api|access|secret|authorization|authentication|auth|bearer)[ _-]?(key|token|header|credentials?)\b|invalid (authentication|credentials|authorization)|\bunauthorized\b|\bunauthenticated\b|not authenticated|authentication ?(failed|error|required|is required)|could not validate credentials|(authorization|x-api-key) header (is )?(missing|required|not)|you didn.t provide an api key|\b(access|api|auth|authentication|authorization|bearer|security|session) token( \w+){0,3} (invalid|expired|revoked)\b|(access|api|auth|authentication|authorization|bearer|security|session) token (invalid|expired|revoked|not valid|no longer valid)\b|\b(the|your) token( you \w+)? (is|was|has been|seems|appears|looks)( to be)? (\w+ )?(invalid|expired|revoked|incorrect|wrong|not valid|no longer valid)\b|(身份验证|身份认证|鉴权|认证|授权)(信息)?(失败|错误|不通过|未通过|无效)|(密钥|令牌|api ?key|token)[^\n]{0,6}(无效|错误|过期|失效|不正确|不存在|不合法)|无效的? ?(api ?key|密钥|令牌|token)|未授权/i,
};

const MODEL: Vocabulary = {
  words:
    /model(is)?not(found|available|exist|supported)|modeldecommissioned|(invalid|unknown|unsupported|nosuch)model|^notfounderror$/,
  text: /not a valid model|(invalid|unknown|unsupported|no such) model( name| id)?\b|\bmodel\b[^.\n]{0,120}?\b(not found|does ?n[o']t exist|not exist|is not available|decommissioned|no longer (available|supported))|模型[^\n]{0,40}(不存在|已下线|未找到|不支持)/i,
};

/**
 * How providers and servers report a prompt that is too long: OpenAI, Anthropic, xAI, Moonshot, Gemini, Mistral, Groq,
 * Cohere, TGI, vLLM, …
 */
const LENGTH: Vocabulary = {
  words:
    /context(length|window|size|limit)(is)?exceeded|exceed(s|ed)?(the)?(max)?context|contextwindowexceeded|stringabovemaxlength|requesttoolarge|(prompt|input|context|request)(is)?toolong|maxprompttokensexceeded|prompttokensexceeded|tokenslimitreached|tokenlimitexceeded|^maxtokensexceeded$/,
  text: new RegExp(
    [
      String.raw`\b(prompt|inputs?|context|conversation|messages?|request|sequence|token (count|length))( token| body| payload)?( length| size| window)?( \([^)\n]{1,40}\))?( (is|are|was))? too (long|large|big)\b`,
      String.raw`\b(exceed\w*|longer than|larger than|greater than|bigger than|too large for|beyond|overflow\w*|above)\b[^\n]{0,80}?\b(context|prompt|input|sequence)[ _-]?(length|size|window|limit)`,
      String.raw`\bcontext[ _-]?(length|window|size|limit)[^.\n]{0,60}?(exceed|overflow|reached|too (long|large|small))`,
      String.raw`\bmax(imum)?( \w+){0,2} (context|prompt|input|sequence|model)( token)?[ _-]?(length|size|window)`,
      String.raw`\b(input|prompt) tokens? (count|length)\b[^\n]{0,80}?\b(exceed|only supports|larger|greater|over)`,
      String.raw`\b(prompt|inputs?|request|conversation|payload|context)\b[^.:\n]{0,60}?\bexceed(s|ed|ing)?\b.{0,30}?\b(limit|max(imum)?|length|tokens|size)\b`,
      String.raw`\btoo many (input |prompt )?tokens\b|\btokens? limit (was )?(exceeded|reached)`,
      String.raw`\binputs?\b.{0,4}( tokens \+ .{0,4}max_new_tokens.{0,4})? must (be <=?|have (less|fewer) than)`,
      String.raw`\b(reduce|shorten) (the |your )?((length|size) of (the |your )?)?(messages?|prompt|input|conversation)\b|\bshorter (prompt|input)\b`,
      String.raw`\brange of input length should be\b`,
      String.raw`\bmax(imum)?( allowed)? (input|prompt|context|message) (characters|chars|tokens|words)\b`,
      String.raw`(prompt|输入|提示词?|上下文|消息|内容|文本|请求|token)[^\n]{0,20}?(超长|过长|太长|超出|超过|超限)`,
      String.raw`\bmax_(completion_)?tokens\b.{0,4} must be at least 1, got -`,
    ].join('|'),
    'i',
  ),
};

const REFUSED: Vocabulary = {
  words:
    /content(filter|policy|moderation)|responsibleaipolicy|prohibitedcontent|datainspectionfailed|^moderation/,
  text: /content (filter|policy|filtering|management policy)|usage policy|blocked by .{0,40}safety/i,
};

/** The model, not the request, is at fault: it produced an invalid call or invalid JSON. */
const MALFORMED: Vocabulary = {
  words:
    /^(toolusefailed|jsonvalidatefailed|outputparsefailed|malformed(function|tool)call|malformedresponse|unexpectedtoolcall)$/,
  text: /(error|failed|unable|could not|cannot)( \w+){0,2} pars(e|ing) (the )?(tool|function)[ _-]?calls?\b/i,
};

const REQUEST: Vocabulary = {
  words:
    /^(invalidrequest(error)?|badrequest(error)?|invalidargument|validation(error|exception)?|invalidparameter(error)?|unprocessableentity(error)?|invalidvalue)$/,
};
const TIMEOUT: Vocabulary = { words: /^(timeouterror|requesttimeout|deadlineexceeded)$/ };
const OVERLOADED: Vocabulary = {
  words: /^((engine)?overloadederror|serverbusy|(service)?unavailable(error)?|serviceunavailableexception)$/,
};
/** Anthropic's code for its own failures; other servers use it for everything. */
const TROUBLE: Vocabulary = { words: /^apierror$/ };

/** The most specific one comes first: a wrong key is one whatever else is mentioned. */
const VOCABULARIES: readonly (readonly [Subject, Vocabulary])[] = [
  ['used_up', USED_UP],
  ['rate', RATE],
  ['key', KEY],
  ['model', MODEL],
  ['length', LENGTH],
  ['refused', REFUSED],
  ['malformed', MALFORMED],
  ['request', REQUEST],
  ['timeout', TIMEOUT],
  ['overloaded', OVERLOADED],
  ['trouble', TROUBLE],
];

/** Subjects of codes that are less specific than the sentence beside them. */
const VAGUE: ReadonlySet<Subject> = new Set(['request', 'timeout', 'overloaded', 'trouble']);
/** Subjects that a failing server's sentences are believed about; its other sentences describe the server itself. */
const BELIEVED_IN_TROUBLE: ReadonlySet<Subject> = new Set(['used_up', 'rate', 'key', 'malformed']);

/** Fields of a request that make up its length. */
const LONG_FIELDS = /^\W*(messages|inputs?|prompt|contents?|system|max_(completion_|new_|output_)?tokens)\b/i;
/** A limit of the answer that the model does not support, whatever the length of the question. */
const ABOUT_ANSWER_LIMIT = /^\W*max_(completion_|new_|output_)?tokens\b(?!.{0,4} must be at least 1, got -)/i;

/**
 * What an error with this status is about, by its codes first and then by its sentences; `undefined` when neither shows
 * it.
 */
export function subjectOf(error: ReportedError, status: number | undefined): Subject | undefined {
  if (error.wasFlagged) return 'flagged';
  const byWord = VOCABULARIES.find(([, { words }]) =>
    error.words.some((word) => words.test(plainWord(word))),
  );
  if (byWord !== undefined && !VAGUE.has(byWord[0])) return checked(byWord[0], error);
  const byText = VOCABULARIES.find(
    ([subject, { text }]) => text !== undefined && speaksOf(subject, text, error),
  );
  return byText !== undefined && isBelieved(byText[0], status) ? byText[0] : byWord?.[0];
}

function speaksOf(subject: Subject, text: RegExp, error: ReportedError): boolean {
  if (!text.test(error.text)) return false;
  return subject !== 'length' || (isAboutLength(error) && !isAboutAnswerLimit(error.text));
}

/** Only a conversation can be too long: an overlong tool name is an invalid request. */
function checked(subject: Subject, error: ReportedError): Subject {
  return subject === 'length' && !isAboutLength(error) ? 'request' : subject;
}

function isAboutLength({ field }: ReportedError): boolean {
  return field === undefined || LONG_FIELDS.test(field);
}

function isAboutAnswerLimit(text: string): boolean {
  return ABOUT_ANSWER_LIMIT.test(text) && !/context/i.test(text);
}

function isBelieved(subject: Subject, status: number | undefined): boolean {
  if (status === undefined || status < 500 || BELIEVED_IN_TROUBLE.has(subject)) return true;
  return status === 500 && subject === 'length';
}
