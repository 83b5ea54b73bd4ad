import { donePage, failedPage } from './login-page.js';

describe('the page after a login', () => {
  it('says whose it was, and for which server', () => {
    expect(donePage('notes', 'ada')).toContain('<b>notes</b> for the user <b>ada</b>');
  });

  it('is words alone, whatever a name or a reason has in it', () => {
    const evil = `<script>alert("1")</script>&'`;
    for (const page of [donePage(evil, evil), failedPage(evil)]) {
      expect(page).not.toMatch(/<script|"1"/);
      expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
    }
  });
});
