import { putIn } from '../support/put-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import type { TestUser } from '../support/test-user.js';

/** A document of each language, and what its users would type to find it. */
const LANGUAGES: Readonly<Record<string, { readonly content: string; readonly queries: readonly string[] }>> =
  {
    Chinese: {
      content: '员工每年享有三十天带薪年假。年假申请须提前两周以书面形式提交给部门经理。',
      queries: ['年假', '带薪年假', '年假申请要怎么提交？', '假'],
    },
    'traditional Chinese': { content: '會議室的投影機放在接待處。', queries: ['投影機', '投影機在哪裡'] },
    Japanese: {
      content: 'サーバーのバックアップは毎晩二時に実行されます。復元の手順は付録を参照してください。',
      queries: ['バックアップ', 'バックアップはいつですか', '復元', 'ﾊﾞｯｸｱｯﾌﾟ'],
    },
    Thai: {
      content: 'พนักงานทุกคนมีวันลาพักร้อนสามสิบวันต่อปีและต้องแจ้งล่วงหน้าสองสัปดาห์',
      queries: ['วันลาพักร้อน', 'พักร้อน', 'ลาพักร้อนได้กี่วัน'],
    },
    Korean: {
      content: '회의실은 삼층에 있으며 예약은 안내데스크에서 합니다.',
      queries: ['회의실', '예약', '안내데스크'],
    },
    Khmer: { content: 'បុគ្គលិកម្នាក់ៗមានថ្ងៃឈប់សម្រាកសាមសិបថ្ងៃក្នុងមួយឆ្នាំ', queries: ['ឈប់សម្រាក', 'បុគ្គលិក'] },
    Lao: { content: 'ພະນັກງານທຸກຄົນມີວັນພັກສາມສິບວັນຕໍ່ປີ', queries: ['ວັນພັກ', 'ພະນັກງານ'] },
    Burmese: { content: 'ဝန်ထမ်းတိုင်းသည်တစ်နှစ်လျှင်ခွင့်ရက်သုံးဆယ်ရရှိသည်', queries: ['ခွင့်ရက်', 'ဝန်ထမ်း'] },
    'mixed text': {
      content: 'Threadlineのデプロイ手順：DockerコンテナをPostgreSQL 18と一緒に起動する。',
      queries: ['デプロイ手順', 'docker', 'PostgreSQLと起動', 'Ｔｈｒｅａｄｌｉｎｅ'],
    },
    German: { content: 'Die Größe der Räume steht im Anhang.', queries: ['GRÖSSE Größe', 'räume'] },
  };

let server: TestServer;
let user: TestUser;
const ids = new Map<string, string>();

beforeAll(async () => {
  server = await startTestServer();
  user = await server.user();
  for (const [title, { content }] of Object.entries(LANGUAGES)) {
    ids.set(title, await putIn(user, { title, content }));
  }
}, 120_000);
afterAll(() => server?.close());

describe('the search in documents', () => {
  it.each(
    Object.entries(LANGUAGES).flatMap(([language, { queries }]) => queries.map((query) => [language, query])),
  )('finds in %s with %s the document that says it, and first', async (language, query) => {
    const { body } = await user.ask('POST', '/rag/search', { query });
    expect(body.results[0]?.documentId).toBe(ids.get(language));
  });
});
